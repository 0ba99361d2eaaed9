// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

// A target written in Go: goroutines that come and go and whose stacks grow, garbage
// collection, a signal, children, and at last itself executed again by the first process.
// Like target.c it counts what it does, meets the harness, and leaves files.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
)

var calls, returns, ppids int64

//go:noinline
func targetCall(i int) int {
	atomic.AddInt64(&calls, 1)
	atomic.AddInt64(&returns, 1)
	return i + 1
}

func work(n int) {
	for i := 0; i < n; i++ {
		if targetCall(i) != i+1 {
			panic("targetCall's result")
		}
		syscall.Getppid()
		atomic.AddInt64(&ppids, 1)
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "target:", err)
		os.Exit(99)
	}
}

// Calls with little stack left, and then with a stack that was just moved.
//
//go:noinline
func deep(n int) byte {
	var frame [256]byte
	frame[n%256] = byte(n)
	work(1)
	if n > 0 {
		return deep(n-1) + frame[n%256] - byte(n)
	}
	return 0
}

func end() {
	path := os.Getenv("SKEP_TRUTH")
	if path == "" {
		return
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	must(err)
	fmt.Fprintf(f, "%d %d %d %d 0\n", os.Getpid(), calls, returns, ppids)
	must(f.Close())
}

func ready() {
	path, goPath := os.Getenv("SKEP_READY"), os.Getenv("SKEP_GO")
	if path == "" || goPath == "" {
		return
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	must(err)
	fmt.Fprintln(f, os.Getpid())
	must(f.Close())
	f, err = os.Open(goPath)
	must(err)
	_, err = f.Read(make([]byte, 1))
	must(err)
	must(f.Close())
	must(os.Unsetenv("SKEP_READY"))
}

func goroutines() {
	var wg sync.WaitGroup
	for round := 0; round < 10; round++ {
		for g := 0; g < 20; g++ {
			wg.Add(1)
			go func(n int) {
				defer wg.Done()
				if n%4 == 0 {
					runtime.LockOSThread() // its thread ends with it
				}
				deep(n)
			}(5 * g)
		}
		runtime.GC()
		wg.Wait()
	}
}

func main() {
	if len(os.Args) == 2 {
		work(25)
		end()
		if os.Args[1] == "last" {
			fmt.Println("again")
			os.Exit(59)
		}
		os.Exit(0)
	}
	ready()
	got := make(chan os.Signal, 1)
	signal.Notify(got, syscall.SIGUSR1)
	goroutines()
	must(syscall.Kill(os.Getpid(), syscall.SIGUSR1))
	fmt.Println("signal", (<-got).(syscall.Signal) == syscall.SIGUSR1)
	for i := 0; i < 4; i++ {
		must(exec.Command(os.Args[0], "child").Run())
		work(10)
	}
	fmt.Println("goroutines and children")
	end()
	must(syscall.Exec(os.Args[0], []string{os.Args[0], "last"}, os.Environ()))
}
