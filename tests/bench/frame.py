# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What the rows of the benchmark share: marking a row, measuring commands in turn,
finding what to measure beside, and printing the table."""
import json
import os
import shutil
import subprocess

rows = []


class Unmeasured(Exception):
    """A row cannot be measured here; the text says why."""


def row(title, unit):
    """Marks a function(bench) -> {tool: figure} as a row. A figure is a number in
    the unit; the first tool is what the others are compared with."""
    def mark(function):
        rows.append((title, unit, function))
        return function
    return mark


class Bench:
    """Where the programs are, and how to time them."""

    def __init__(self, build, runs):
        self.build, self.runs = build, runs
        self.found = None
        self.kept = {}
        self.skep = f'{build}/src/cli/skep'
        self.workloads = f'{build}/tests/workload'

    def tracers(self, script):
        """{tool: argv} of what runs a script in bpftrace's language here; columns of
        the rows about tracing. The first is skep."""
        if not os.path.exists(self.skep):
            raise Unmeasured(f'{self.skep} is not built')
        self.root()
        return {'skep': [self.skep, 'trace', '-e', script],
                **{tool: [*argv, '-e', script] for tool, argv in self.bpftraces().items()}}

    def bpftraces(self):
        """{name with version: argv} of the distribution's bpftrace and of the one in the
        tree that SKEP_PEERS names, as far as they are there."""
        if self.found is None:
            peers = os.environ.get('SKEP_PEERS')
            candidates = [[shutil.which('bpftrace')]] if shutil.which('bpftrace') else []
            if peers and os.path.exists(f'{peers}/usr/bin/bpftrace'):
                candidates.append(['chroot', peers, '/usr/bin/bpftrace'])
            self.found = {}
            for argv in candidates:
                out = subprocess.run([*argv, '--version'], stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, text=True, errors='replace').stdout
                self.found[out.strip().splitlines()[0].replace(' v', ' ')] = argv
        return self.found

    def root(self):
        if os.geteuid() != 0:
            raise Unmeasured('needs root')

    def measure(self, program, options, commands, env=None):
        """Runs a measuring program of this folder over commands ({tool: argv}) in turn.
        Returns {tool: figures as it printed them}. Those that it printed before the
        tools' are under ''. The same question is asked once for all rows."""
        key = json.dumps([program, options, commands, env])
        if key not in self.kept:
            args = [f'{self.build}/tests/bench/{program}', *options]
            for argv in commands.values():
                args += ['--', *argv]
            done = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                  env={**os.environ, **(env or {})})
            if done.returncode:
                raise Unmeasured(done.stderr.strip())
            figures = [json.loads(line) for line in done.stdout.splitlines()]
            tools = [''] * (len(figures) - len(commands)) + list(commands)
            self.kept[key] = dict(zip(tools, figures))
        return self.kept[key]

    def time(self, commands, runs=None, warm=1):
        """Times commands in turn."""
        figures = self.measure('timeit', ['-q', '-n', str(runs or self.runs), '-w', str(warm)],
                               commands)
        for tool, f in figures.items():
            if f['failed']:
                raise Unmeasured(f'{tool} failed {f["failed"]} of {f["runs"]} times')
        return figures

    def pick(self, figures, *keys, scale=1):
        """One figure per tool out of what measure() returned: the sum of the keys'."""
        return {tool: sum(f[key] for key in keys) * scale for tool, f in figures.items() if tool}


class Table:
    def __init__(self, as_json):
        self.as_json, self.header = as_json, None

    def add(self, title, unit, figures):
        tools = list(figures)
        first = figures[tools[0]]
        ratios = {t: figures[t] / first for t in tools[1:] if first > 0}
        if self.as_json:
            print(json.dumps({'row': title, 'unit': unit, 'figures': figures, 'ratios': ratios}),
                  flush=True)
            return
        if self.header != tools:
            self.header = tools
            print(f'\n{"":58}{tools[0]:>12}' + ''.join(f'{t:>26}' for t in tools[1:]))
        cells = f'{self.number(first, unit):>12}'
        for t in tools[1:]:
            ratio = f'{ratios[t]:7.3g} x' if t in ratios else '-'
            cells += f'{self.number(figures[t], unit):>15} {ratio:>10}'
        print(f'{title:58}{cells}', flush=True)

    def add_reason(self, title, why):
        if self.as_json:
            print(json.dumps({'row': title, 'unmeasured': why}), flush=True)
        else:
            print(f'{title:58}  {why}', flush=True)

    @staticmethod
    def number(value, unit):
        digits = 0 if value == int(value) or value >= 100 else 1 if value >= 10 else 2
        return f'{value:.{digits}f} {unit}'.strip()
