// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
// Rust: threads, channels, processes, TCP and Unix sockets on loopback, files, a caught panic.
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::{mpsc, Arc, Mutex};
use std::{env, fs, thread, time};

fn main() -> std::io::Result<()> {
    let total = Arc::new(Mutex::new(0u64));
    let threads: Vec<_> = (0..16)
        .map(|n| {
            let total = Arc::clone(&total);
            thread::spawn(move || *total.lock().unwrap() += n)
        })
        .collect();
    for handle in threads {
        handle.join().unwrap();
    }
    println!("threads {}", total.lock().unwrap());

    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || (0..5).for_each(|n| sender.send(n).unwrap()));
    println!("channel {:?}", receiver.iter().collect::<Vec<i32>>());

    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let server = thread::spawn(move || listener.accept().unwrap().0.write_all(b"tcp").unwrap());
    let mut text = String::new();
    TcpStream::connect(address)?.read_to_string(&mut text)?;
    server.join().unwrap();
    println!("{text}");
    let (one, other) = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
    one.send_to(b"udp", other.local_addr()?)?;
    let mut buffer = [0; 16];
    println!("{}", other.recv(&mut buffer)?);
    let (mut left, mut right) = UnixStream::pair()?;
    left.write_all(b"pair")?;
    drop(left);
    let mut text = String::new();
    right.read_to_string(&mut text)?;
    println!("{text}");

    let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    child.stdin.take().unwrap().write_all(b"through cat")?;
    println!("{}", String::from_utf8_lossy(&child.wait_with_output()?.stdout));
    println!("{:?}", Command::new("sh").args(["-c", "exit 7"]).status()?.code());

    let folder = env::temp_dir().join(format!("corpus-{}", std::process::id()));
    fs::create_dir(&folder)?;
    fs::write(folder.join("file"), "content")?;
    fs::copy(folder.join("file"), folder.join("copy"))?;
    println!("{}", fs::read_to_string(folder.join("copy"))?);
    fs::remove_dir_all(&folder)?;

    std::panic::set_hook(Box::new(|_| {}));
    println!("{}", std::panic::catch_unwind(|| panic!("caught")).is_err());
    thread::sleep(time::Duration::from_millis(5));
    Ok(())
}
