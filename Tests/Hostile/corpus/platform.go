// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
// Go: goroutines, channels, HTTP on loopback, Unix sockets, processes, files, signals, timers.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

func check(err error) {
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

func goroutines() {
	var wait sync.WaitGroup
	results := make(chan int, 1000)
	for i := 0; i < 1000; i++ {
		wait.Add(1)
		go func(n int) { defer wait.Done(); results <- n }(i)
	}
	wait.Wait()
	close(results)
	sum := 0
	for n := range results {
		sum += n
	}
	runtime.GC()
	fmt.Println("goroutines", sum)
}

func overHTTP() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "at ", r.URL.Path)
	}))
	answer, err := http.Get("http://" + listener.Addr().String() + "/x")
	check(err)
	body, err := io.ReadAll(answer.Body)
	check(err)
	fmt.Println(answer.StatusCode, string(body))
}

func overUnix(folder string) {
	listener, err := net.Listen("unix", filepath.Join(folder, "socket"))
	check(err)
	go func() { peer, _ := listener.Accept(); io.WriteString(peer, "unix"); peer.Close() }()
	peer, err := net.Dial("unix", listener.Addr().String())
	check(err)
	text, err := io.ReadAll(peer)
	check(err)
	fmt.Println(string(text))
}

func main() {
	goroutines()
	overHTTP()
	folder, err := os.MkdirTemp("", "corpus")
	check(err)
	defer os.RemoveAll(folder)
	overUnix(folder)
	text, err := exec.Command("sh", "-c", "echo child").Output()
	check(err)
	fmt.Print(string(text))
	check(os.WriteFile(filepath.Join(folder, "file"), []byte("content"), 0o644))
	content, err := os.ReadFile(filepath.Join(folder, "file"))
	check(err)
	fmt.Println(string(content))
	seen := make(chan os.Signal, 1)
	signal.Notify(seen, syscall.SIGUSR1)
	check(syscall.Kill(os.Getpid(), syscall.SIGUSR1))
	fmt.Println(<-seen)
	select {
	case <-time.After(5 * time.Millisecond):
		fmt.Println("timer")
	}
}
