// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
// Java: threads, a pool, processes, sockets on loopback, files, memory maps, a garbage collection, a shutdown hook.
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

public class Platform {
    public static void main(String[] arguments) throws Exception {
        var total = new AtomicInteger();
        var pool = Executors.newFixedThreadPool(8);
        for (int n = 0; n < 100; n++) {
            int value = n;
            pool.execute(() -> total.addAndGet(value));
        }
        pool.shutdown();
        System.out.println(pool.awaitTermination(10, TimeUnit.SECONDS) + " " + total);
        System.out.println(IntStream.range(0, 100_000).parallel().map(n -> n % 7).sum());

        var process = new ProcessBuilder("sh", "-c", "echo child; exit 4").start();
        System.out.print(new String(process.getInputStream().readAllBytes()));
        System.out.println(process.waitFor());

        try (var listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var server = new Thread(() -> {
                try (var peer = listener.accept()) {
                    peer.getOutputStream().write("tcp".getBytes());
                } catch (Exception error) {
                    System.out.println(error);
                }
            });
            server.start();
            try (var socket = new Socket(listener.getInetAddress(), listener.getLocalPort())) {
                System.out.println(new String(socket.getInputStream().readAllBytes()));
            }
            server.join();
        }

        Path file = Files.createTempFile("corpus", "");
        try (var access = new RandomAccessFile(file.toFile(), "rw"); var channel = access.getChannel()) {
            channel.map(FileChannel.MapMode.READ_WRITE, 0, 4096).put(0, (byte) 42);
            System.out.println(access.read());
            System.out.println(channel.tryLock() != null);
        }
        Files.delete(file);
        System.gc();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook")));
    }
}
