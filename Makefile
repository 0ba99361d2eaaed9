# The front door: short targets over meson and the scripts that do the work.
# A target installs the packages that it misses first (scripts/deps says what
# and why before it does).
#
#   make            build build/src/cli/skep
#   make demo       build, and trace a real program (as root: by both engines)
#   make check      every test that runs on this machine
#   make vmtest     the language tests on Linux 6.1 in QEMU
#   make vmtest-full  the same on 5.10, 6.1 and 6.12
#   make bench      the measured comparisons (SKEP_PEERS=DIR adds a tree of newer programs)
#   make install    DESTDIR and PREFIX are obeyed
#   make clean      remove what was built (downloaded kernels stay)
#
# WERROR=true turns warnings into errors (so does CI=true).

BUILD   ?= build
ASAN    ?= build-asan
PREFIX  ?= /usr/local
DESTDIR ?=

all:
	@scripts/deps build
	@scripts/build $(BUILD)

demo: all
	@scripts/demo $(BUILD)

check: all
	@scripts/deps check
	@scripts/build --tests $(BUILD)
	@scripts/build --asan $(ASAN)
	@tests/run --build $(BUILD) --asan $(ASAN) $(TESTS)

bench: all
	@scripts/deps --optional bench
	@scripts/build --tests $(BUILD)
	@tests/bench/run --build $(BUILD)

vmtest vmtest-full: all
	@scripts/deps vm
	@scripts/build --tests $(BUILD)
	@tests/run --build $(BUILD) --vm "$(if $(filter %-full,$@),5.10 6.1 6.12,6.1)"

install: all
	@scripts/install $(BUILD) "$(PREFIX)" "$(DESTDIR)"

clean:
	@scripts/clean $(BUILD) $(ASAN) build-fuzz

.PHONY: all demo check bench vmtest vmtest-full install clean
