# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What the tests of the machine share: a directory with the programs in it, targets that are
started, met and let go (targets/target.h says how), skep runs, and TAP.

Everything is done as another user where that is asked for: so the programs are copied to
where that user can read them.
"""
import argparse
import atexit
import collections
import ctypes
import fcntl
import os
import re
import select
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

NOBODY = 65534
LIMIT_S = 30

Truth = collections.namedtuple('Truth', 'calls returns ppids libcalls')

# What the hooks of a script count, by process id; the word that is printed when all is attached.
SCRIPT = ('uprobe:{program}:{function} {{ @call[pid] = count(); }} '
          'tracepoint:syscalls:sys_enter_getppid{only} {{ @ppid[pid] = count(); }} '
          'interval:ms:5 /@seen == 0/ {{ @seen = 1; printf("attached\\n"); }} ')
RETURN = 'uretprobe:{program}:{function} {{ @ret[pid] = count(); }} '
LIBRARY = 'uprobe:{library}:lib_call {{ @lib[pid] = count(); }} '
COUNT = re.compile(r'^@(\w+)\[(\d+)\]: (\d+)$', re.M)


class Tap:
    def __init__(self):
        self.n = self.failed = 0

    def result(self, ok, name, why='', note='', known=None):
        """known: why this is known to fail (doc/machine.md lists them): then it is skipped."""
        if not ok and known:
            self.skip(name, f'known defect: {known}')
            self.diag(why)
            return True
        self.n += 1
        self.failed += not ok
        print(f'{"ok" if ok else "not ok"} {self.n} - {name}' + (f' ({note})' if note else ''))
        if not ok:
            self.diag(why)
        sys.stdout.flush()
        return ok

    def diag(self, text):
        for line in str(text).splitlines():
            print(f'#   {line}')
        sys.stdout.flush()

    def skip(self, name, why):
        self.n += 1
        print(f'ok {self.n} - {name} # SKIP {why}', flush=True)

    def end(self):
        print(f'1..{self.n}')
        return 1 if self.failed else 0


class Problem(Exception):
    """What a target or skep did wrong; fails the test that runs."""


def wait_until(what, condition, limit=LIMIT_S, step=0.002):
    """The first true value of condition()."""
    deadline = time.monotonic() + limit
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise Problem(f'{what}: not within {limit} s')
        time.sleep(step)
    return value


def read(path):
    try:
        with open(path, errors='replace') as f:
            return f.read()
    except FileNotFoundError:
        return ''


def state_of(pid):
    """One letter, or '' when there is no such process."""
    try:
        return read(f'/proc/{pid}/stat').rpartition(')')[2].split()[0]
    except (ProcessLookupError, IndexError):
        return ''


def own_orphans():
    """Targets whose tracer died become our children, so that we learn how they end."""
    PR_SET_CHILD_SUBREAPER = 36
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def wait_status(pid, limit=LIMIT_S):
    """The exit status of a child of ours, -N for a signal."""
    def ended():
        got, status = os.waitpid(pid, os.WNOHANG)
        return (os.waitstatus_to_exitcode(status),) if got else None
    return wait_until(f'the end of process {pid}', ended, limit)[0]


def pidfd_status(fd):
    """How the process ended that somebody else has waited for; None where the kernel does not
    say (before 6.15)."""
    PIDFD_INFO_EXIT, size = 1 << 3, 64
    request = 3 << 30 | size << 16 | 0xff << 8 | 11  # PIDFD_GET_INFO
    info = bytearray(struct.pack('Q', PIDFD_INFO_EXIT) + bytes(size - 8))
    try:
        fcntl.ioctl(fd, request, info)
    except OSError:
        return None
    if not struct.unpack_from('Q', info)[0] & PIDFD_INFO_EXIT:
        return None
    return os.waitstatus_to_exitcode(struct.unpack_from('i', info, 60)[0])


class Place:
    """The directory, its programs, and who runs them."""

    def __init__(self, engine, user):
        self.engine, self.user = engine, user
        self.path = tempfile.mkdtemp(prefix='skep-machine.')
        atexit.register(shutil.rmtree, self.path, ignore_errors=True)
        os.chmod(self.path, 0o755)
        self.skep = self.copy(os.environ['SKEP'], 'skep')
        self.targets = f'{os.environ["BUILD"]}/tests/machine/targets'
        self.runs = 0
        self.copies = {}  # of targets, by their name

    def copy(self, path, name):
        to = f'{self.path}/{name}'
        if not os.path.exists(to):
            shutil.copy(path, to)
            os.chmod(to, 0o755)
        return to

    def target(self, name):
        """A copy of a target, or None where it was not built. Its name, so also the name of
        its processes, is nobody else's."""
        if name not in self.copies:
            built = f'{self.targets}/{name}'
            self.copies[name] = os.path.exists(built) and self.copy_target(built)
        return self.copies[name]

    def copy_target(self, path):
        return self.copy(path, f'{os.getpid()}-{len(self.copies)}')

    def library(self):
        return self.copy(f'{self.targets}/targetlib.so', 'targetlib.so')

    def run_directory(self):
        """A new one, in which the user may write."""
        self.runs += 1
        path = f'{self.path}/run{self.runs}'
        os.mkdir(path)
        if self.user:
            os.chown(path, NOBODY, NOBODY)
        return path

    def popen(self, words, **options):
        if self.user:
            options.update(user=NOBODY, group=NOBODY, extra_groups=[])
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, start_new_session=True, **options)

    def trace(self, *words):
        return [self.skep, '--engine', self.engine, 'trace', *words]


class Run:
    """One run of a target, traced or not, and what it left behind."""

    def __init__(self, place, program, args=(), env=()):
        self.place, self.program = place, program
        self.words = [program, *args]
        self.dir = place.run_directory()
        self.truth_path, self.signals_path = f'{self.dir}/truth', f'{self.dir}/signals'
        self.ready, self.go = f'{self.dir}/ready', f'{self.dir}/go'
        self.out = f'{self.dir}/trace'
        for path in self.ready, self.go:
            os.mkfifo(path)
        for path in self.truth_path, self.signals_path:
            open(path, 'w').close()
        if place.user:
            for path in self.ready, self.go, self.truth_path, self.signals_path:
                os.chown(path, NOBODY, NOBODY)
        self.ready_fd = os.open(self.ready, os.O_RDONLY | os.O_NONBLOCK)
        self.env = dict(os.environ, SKEP_TRUTH=self.truth_path, SKEP_SIGNALS=self.signals_path,
                        SKEP_READY=self.ready, SKEP_GO=self.go, SKEP_STOP=f'{self.dir}/stop',
                        **dict(env))
        self.target = self.skep = None
        self.pid = self.pidfd = self.status = self.skep_status = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Nothing of a run survives it."""
        for process in self.skep, self.target:
            if process and process.poll() is None:
                process.kill()
        if self.pid and self.pidfd is not None:
            try:
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for process in self.skep, self.target:
            if process:
                process.wait()
        os.close(self.ready_fd)
        if self.pidfd is not None:
            os.close(self.pidfd)

    def start(self, words, what):
        with open(f'{self.dir}/{what}.out', 'wb') as out, \
                open(f'{self.dir}/{what}.err', 'wb') as err:
            return self.place.popen(words, stdout=out, stderr=err, env=self.env, cwd=self.dir)

    def meet(self, process):
        """Waits until the target is ready: self.pid."""
        def readable():
            if process.poll() is not None:
                raise Problem(f'ended with {process.returncode} before the target was ready')
            return select.select([self.ready_fd], [], [], 0.005)[0]
        wait_until('the target is ready', readable)
        text = os.read(self.ready_fd, 32)
        if not text:
            raise Problem('the target went away before it was ready')
        self.pid = int(text)
        self.pidfd = os.pidfd_open(self.pid)

    def release(self):
        def opened():
            try:
                return (os.open(self.go, os.O_WRONLY | os.O_NONBLOCK),)
            except OSError:
                return None
        fd, = wait_until('the target waits', opened)
        os.write(fd, b'x')
        os.close(fd)

    def untraced(self):
        self.target = self.start(self.words, 'target')
        self.meet(self.target)
        self.release()
        self.status = self.end_of(self.target, 'the target')
        return self

    def end_of(self, process, what, limit=LIMIT_S):
        try:
            return process.wait(limit)
        except subprocess.TimeoutExpired:
            raise Problem(f'{what} did not end within {limit} s') from None

    def trace_words(self, script, *words):
        return self.place.trace('-q', '-o', self.out, *words, '-e', script)

    def begin_command(self, script):
        """-c: skep starts the target; then both wait for us."""
        self.skep = self.start(self.trace_words(script, '-c', shlex.join(self.words)), 'skep')
        self.meet(self.skep)

    def begin_attach(self, script):
        """-p: the target is ready, then skep attaches. Returns the seconds that it took."""
        self.target = self.start(self.words, 'target')
        self.meet(self.target)
        return self.attach(script)

    def attach(self, script):
        began = time.monotonic()
        self.skep = self.start(self.trace_words(script, '-p', str(self.pid)), 'skep')
        self.wait_attached()
        return time.monotonic() - began

    def wait_attached(self):
        def attached():
            if (status := self.skep.poll()) is not None:
                raise Problem(f'skep ended with {status} before it was attached')
            return 'attached' in read(self.out)
        wait_until('skep is attached', attached, step=0.01)

    def finish(self):
        self.skep_status = self.end_of(self.skep, 'skep')
        if self.target:
            self.status = self.end_of(self.target, 'the target')
        else:
            self.status = pidfd_status(self.pidfd)

    def stdout(self):
        return read(f'{self.dir}/{"target" if self.target else "skep"}.out')

    def signals(self):
        return ''.join(sorted(read(self.signals_path).splitlines(True)))

    def truth(self):
        """Truth by pid; a pid that ran several programs has one sum."""
        sums = {}
        for line in read(self.truth_path).splitlines():
            pid, *counts = map(int, line.split())
            sums[pid] = Truth(*map(sum, zip(sums.get(pid, (0, 0, 0, 0)), counts)))
        return sums

    def counted(self):
        """{'call': {pid: n}, …} as skep printed them."""
        counts = collections.defaultdict(dict)
        for name, pid, n in COUNT.findall(read(self.out)):
            counts[name][int(pid)] = int(n)
        return counts

    def messages(self):
        """What skep, and the target, said on standard error."""
        return ''.join(f'{what}: {line}\n' for what in ('skep', 'target')
                       for line in read(f'{self.dir}/{what}.err').splitlines()[-12:])


def script_for(place, program, function='target_call', extra=''):
    # The kernel's tracepoints see all processes; the machine's only those that are traced.
    only = f' /comm == "{os.path.basename(program)}"/' if place.engine == 'kernel' else ''
    return (SCRIPT + extra).format(program=program, function=function, only=only,
                                   library=f'{place.path}/targetlib.so')


def why_not(place):
    """Why this engine cannot be tested here, or None."""
    program = place.target('crash-static')
    if not program:
        return 'the targets are not built, or not for this processor'
    process = place.popen(place.trace('-q', '-e', 'BEGIN { exit(); }'), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    text, _ = process.communicate(timeout=LIMIT_S)
    if process.returncode:
        return (text.strip().splitlines() or ['no reason given'])[0]
    return None


def arguments(usage, flags=('full',), **options):
    """The command line: --engine, --user, --root, flags, and options as name=(type, default)."""
    parser = argparse.ArgumentParser(usage=usage)
    parser.add_argument('--engine', default='machine', choices=('machine', 'kernel'))
    for name in ('user', 'root', *flags):
        parser.add_argument('--' + name, action='store_true')
    for name, (kind, default) in options.items():
        parser.add_argument('--' + name, type=kind, default=default)
    args = parser.parse_args()
    # Root's tests of the machine are those of a user, unless he says otherwise.
    args.user = os.geteuid() == 0 and (args.user or args.engine == 'machine' and not args.root)
    return args


def make_place(args):
    """The place; ends the test as skipped when the engine cannot be tested here."""
    place = Place(args.engine, args.user)
    why = why_not(place)
    if why:
        print(why, file=sys.stderr)
        sys.exit(77)
    return place
