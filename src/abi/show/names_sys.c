// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Names of the values of the other surfaces: perf, descriptors, files, netlink. */
#include "abi/show/names.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define N(name)             \
	{                   \
		name, #name \
	}
#define END             \
	{               \
		0, NULL \
	}

// clang-format off
const struct abi_name abi_perf_types[] = {
	N(PERF_TYPE_HARDWARE),
	N(PERF_TYPE_SOFTWARE),
	N(PERF_TYPE_TRACEPOINT),
	N(PERF_TYPE_HW_CACHE),
	N(PERF_TYPE_RAW),
	N(PERF_TYPE_BREAKPOINT),
	END,
};

const struct abi_name abi_perf_hardware[] = {
	N(PERF_COUNT_HW_CPU_CYCLES),
	N(PERF_COUNT_HW_INSTRUCTIONS),
	N(PERF_COUNT_HW_CACHE_REFERENCES),
	N(PERF_COUNT_HW_CACHE_MISSES),
	N(PERF_COUNT_HW_BRANCH_INSTRUCTIONS),
	N(PERF_COUNT_HW_BRANCH_MISSES),
	N(PERF_COUNT_HW_BUS_CYCLES),
	N(PERF_COUNT_HW_STALLED_CYCLES_FRONTEND),
	N(PERF_COUNT_HW_STALLED_CYCLES_BACKEND),
	N(PERF_COUNT_HW_REF_CPU_CYCLES),
	END,
};

const struct abi_name abi_perf_software[] = {
	N(PERF_COUNT_SW_CPU_CLOCK),
	N(PERF_COUNT_SW_TASK_CLOCK),
	N(PERF_COUNT_SW_PAGE_FAULTS),
	N(PERF_COUNT_SW_CONTEXT_SWITCHES),
	N(PERF_COUNT_SW_CPU_MIGRATIONS),
	N(PERF_COUNT_SW_PAGE_FAULTS_MIN),
	N(PERF_COUNT_SW_PAGE_FAULTS_MAJ),
	N(PERF_COUNT_SW_ALIGNMENT_FAULTS),
	N(PERF_COUNT_SW_EMULATION_FAULTS),
	N(PERF_COUNT_SW_DUMMY),
	N(PERF_COUNT_SW_BPF_OUTPUT),
	N(PERF_COUNT_SW_CGROUP_SWITCHES),
	END,
};

const struct abi_name abi_perf_samples[] = {
	N(PERF_SAMPLE_IP),
	N(PERF_SAMPLE_TID),
	N(PERF_SAMPLE_TIME),
	N(PERF_SAMPLE_ADDR),
	N(PERF_SAMPLE_READ),
	N(PERF_SAMPLE_CALLCHAIN),
	N(PERF_SAMPLE_ID),
	N(PERF_SAMPLE_CPU),
	N(PERF_SAMPLE_PERIOD),
	N(PERF_SAMPLE_STREAM_ID),
	N(PERF_SAMPLE_RAW),
	N(PERF_SAMPLE_BRANCH_STACK),
	N(PERF_SAMPLE_REGS_USER),
	N(PERF_SAMPLE_STACK_USER),
	N(PERF_SAMPLE_WEIGHT),
	N(PERF_SAMPLE_DATA_SRC),
	N(PERF_SAMPLE_IDENTIFIER),
	N(PERF_SAMPLE_TRANSACTION),
	N(PERF_SAMPLE_REGS_INTR),
	N(PERF_SAMPLE_PHYS_ADDR),
	N(PERF_SAMPLE_AUX),
	N(PERF_SAMPLE_CGROUP),
	N(PERF_SAMPLE_DATA_PAGE_SIZE),
	N(PERF_SAMPLE_CODE_PAGE_SIZE),
	N(PERF_SAMPLE_WEIGHT_STRUCT),
	END,
};

const struct abi_name abi_perf_flags[] = {
	N(PERF_FLAG_FD_NO_GROUP),
	N(PERF_FLAG_FD_OUTPUT),
	N(PERF_FLAG_PID_CGROUP),
	N(PERF_FLAG_FD_CLOEXEC),
	END,
};

const struct abi_name abi_ioctls[] = {
	N(PERF_EVENT_IOC_ENABLE),
	N(PERF_EVENT_IOC_DISABLE),
	N(PERF_EVENT_IOC_REFRESH),
	N(PERF_EVENT_IOC_RESET),
	N(PERF_EVENT_IOC_PERIOD),
	N(PERF_EVENT_IOC_SET_OUTPUT),
	N(PERF_EVENT_IOC_SET_FILTER),
	N(PERF_EVENT_IOC_ID),
	N(PERF_EVENT_IOC_SET_BPF),
	N(PERF_EVENT_IOC_PAUSE_OUTPUT),
	N(PERF_EVENT_IOC_QUERY_BPF),
	N(PERF_EVENT_IOC_MODIFY_ATTRIBUTES),
	END,
};

const struct abi_name abi_prots[] = {
	N(PROT_READ),
	N(PROT_WRITE),
	N(PROT_EXEC),
	END,
};

const struct abi_name abi_mmap_flags[] = {
	N(MAP_SHARED),
	N(MAP_PRIVATE),
	N(MAP_FIXED),
	N(MAP_ANONYMOUS),
	N(MAP_POPULATE),
	N(MAP_LOCKED),
	N(MAP_NORESERVE),
	N(MAP_FIXED_NOREPLACE),
	END,
};

const struct abi_name abi_open_modes[] = {
	N(O_RDONLY),
	N(O_WRONLY),
	N(O_RDWR),
	END,
};

const struct abi_name abi_open_flags[] = {
	N(O_CREAT),
	N(O_EXCL),
	N(O_TRUNC),
	N(O_APPEND),
	N(O_NONBLOCK),
	N(O_CLOEXEC),
	N(O_DIRECTORY),
	N(O_PATH),
	N(O_NOFOLLOW),
	END,
};

const struct abi_name abi_epoll_create_flags[] = {
	N(EPOLL_CLOEXEC),
	END,
};

const struct abi_name abi_epoll_ops[] = {
	N(EPOLL_CTL_ADD),
	N(EPOLL_CTL_DEL),
	N(EPOLL_CTL_MOD),
	END,
};

const struct abi_name abi_epoll_events[] = {
	N(EPOLLIN),
	N(EPOLLPRI),
	N(EPOLLOUT),
	N(EPOLLERR),
	N(EPOLLHUP),
	N(EPOLLRDHUP),
	N(EPOLLONESHOT),
	N(EPOLLET),
	END,
};

const struct abi_name abi_fcntls[] = {
	N(F_DUPFD),
	N(F_GETFD),
	N(F_SETFD),
	N(F_GETFL),
	N(F_SETFL),
	N(F_DUPFD_CLOEXEC),
	END,
};

const struct abi_name abi_access_modes[] = {
	N(R_OK),
	N(W_OK),
	N(X_OK),
	END,
};

const struct abi_name abi_at_flags[] = {
	N(AT_EACCESS),
	N(AT_SYMLINK_NOFOLLOW),
	END,
};

const struct abi_name abi_fs_magics[] = {
	N(BPF_FS_MAGIC),
	N(TRACEFS_MAGIC),
	N(DEBUGFS_MAGIC),
	N(SYSFS_MAGIC),
	N(PROC_SUPER_MAGIC),
	N(TMPFS_MAGIC),
	N(CGROUP2_SUPER_MAGIC),
	END,
};

const struct abi_name abi_domains[] = {
	N(AF_NETLINK),
	END,
};

const struct abi_name abi_sock_types[] = {
	N(SOCK_RAW),
	N(SOCK_DGRAM),
	END,
};

const struct abi_name abi_sock_flags[] = {
	N(SOCK_CLOEXEC),
	N(SOCK_NONBLOCK),
	END,
};

const struct abi_name abi_netlinks[] = {
	N(NETLINK_ROUTE),
	N(NETLINK_GENERIC),
	END,
};

const struct abi_name abi_sols[] = {
	N(SOL_SOCKET),
	N(SOL_NETLINK),
	END,
};

const struct abi_name abi_netlink_options[] = {
	N(NETLINK_ADD_MEMBERSHIP),
	N(NETLINK_CAP_ACK),
	N(NETLINK_EXT_ACK),
	N(NETLINK_GET_STRICT_CHK),
	END,
};

const struct abi_name abi_nlmsg_types[] = {
	N(NLMSG_NOOP),
	N(NLMSG_ERROR),
	N(NLMSG_DONE),
	N(RTM_NEWLINK),
	N(RTM_DELLINK),
	N(RTM_GETLINK),
	N(RTM_SETLINK),
	N(RTM_NEWQDISC),
	N(RTM_DELQDISC),
	N(RTM_GETQDISC),
	N(RTM_NEWTFILTER),
	N(RTM_DELTFILTER),
	N(RTM_GETTFILTER),
	END,
};
