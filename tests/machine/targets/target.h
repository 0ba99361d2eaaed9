/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What every target of the matrix does the same way: the hooked function and the hooked
 * system call, each counting itself; a log of the signals that came; the meeting with the
 * harness before the work begins; and the files in which all that is left behind:
 *
 *   SKEP_READY, SKEP_GO  named pipes: the target writes its pid into the first and waits
 *                        until something can be read from the second
 *   SKEP_TRUTH           "PID CALLS RETURNS GETPPIDS LIBCALLS", a line for each process and
 *                        each program that a process ran
 *   SKEP_SIGNALS         "NUMBER CODE TIMES", a line for each kind of signal that came
 *
 * Without them in the environment a target just runs. Standard output is the same in every
 * run, and so is the exit status.
 */
#ifndef MACHINE_TARGET_COMMON_H
#define MACHINE_TARGET_COMMON_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The hooked function: counts the call, runs target_inside when that is set, counts the
 * return, and gives i + 1. */
long target_call(long i);
extern void (*target_inside)(void);

/* getppid(), counted. */
void target_ppid(void);
/* n times both. */
void target_work(long n);
/* System calls getppid that were made without target_ppid(), and calls of lib_call(). */
void target_count_ppids(long n);
void target_count_lib(long n);

/* Opens the files, and logs signals that nobody should send: first of all. */
void target_begin(void);
/* Meets the harness. Only the first call of the first program of a target does. */
void target_ready(void);

/* In a forked child: it begins with counters of zero, and with an empty log. */
void target_child(void);
/* After vfork(): a child of that pid did this much in our memory; it gets a line of its own. */
void target_charge(pid_t pid, long calls, long ppids);
/* Writes what was counted, and gives the status back: to be called before every exit and
 * every exec. */
int target_end(int status);

/* Logs a signal; a handler for sigaction(2). */
void target_log(int signo, siginfo_t *info, void *context);
void target_watch(int signo);
/* How often this signal comes is not the same in every run: log only that it came. */
void target_log_some(int signo);

/* "PROGRAM WORD NUMBER" as an argument vector in *argv, of which NUMBER has its text in *text. */
void target_again(char *argv[4], char text[16], char *program, const char *word, long number);

/* Ends the target with a message when what should have worked did not. */
void target_need(bool worked, const char *what);

#ifdef __cplusplus
}
#endif
#endif
