import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { enterNetns } from "../../src/kernel/netns.ts";
import { encodeSockaddr } from "../../src/kernel/sockaddr.ts";
import { AF_INET, closeSocket, connectSocket, openSocket, sendSocket, SOCK_STREAM } from "../../src/kernel/socket.ts";
import type { ProbeNet } from "./probe-net.ts";
import { routed } from "./probe-net.ts";

let net: ProbeNet;
beforeAll(async () => {
  net = routed();
  await net.ready("client", "10.0.2.2", "fd00:2::2");
  net.serve("server", 80, "tcp", "web-0");
  net.serve("server", 53, "udp", "web-0");
});
afterAll(() => net.remove());

/** Asynchronously: the servers run in this very process. */
async function inClient(...argv: string[]): Promise<string> {
  const child = spawn("ip", ["netns", "exec", net.host("client"), ...argv], { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (s: string) => (out += s));
  await once(child, "close");
  return out;
}
const curl = (...args: string[]): Promise<string> => inClient("curl", "-s", "-g", "-m", "5", ...args);

describe("built-in TCP server", () => {
  it.each(["10.0.2.2", "[fd00:2::2]"])("speaks as agnhost netexec to curl at %s", async (host) => {
    expect(await curl(`http://${host}/`)).toBe("web-0");
    expect(await curl(`http://${host}/hostname`)).toBe("web-0");
    expect(await curl(`http://${host}/clientip`)).toMatch(
      host.startsWith("[") ? /^\[fd00:1::2\]:\d+$/ : /^10\.0\.1\.2:\d+$/,
    );
    expect(await curl(`http://${host}/echo?msg=a%20b`)).toBe("a b");
    expect(await curl("-o", "/dev/null", "-w", "%{http_code}", `http://${host}/nothing`)).toBe("404");
    expect(await curl("-H", "X-Colour: blue", `http://${host}/header?key=x-colour`)).toBe("blue");
  });

  it("counts a connection that has not been accepted yet", () => {
    const server = net.serve("server", 85);
    expect(server.connections).toBe(0);
    const fd = enterNetns(net.netns("client"), () => openSocket(AF_INET, SOCK_STREAM));
    try {
      connectSocket(fd, encodeSockaddr("10.0.2.2", 85));
      // Without a turn for the server, until the handshake is over: the kernel does it alone.
      const until = performance.now() + 10_000;
      while (sendSocket(fd, Buffer.from("GET")) < 0 && performance.now() < until);
      expect(server.connections).toBe(1);
    } finally {
      closeSocket(fd);
    }
  });

  it("reports everything as JSON", async () => {
    const json = JSON.parse(await curl("-H", "Accept: application/json", "http://10.0.2.2/")) as Record<
      string,
      unknown
    >;
    expect(json).toMatchObject({
      hostname: "web-0", namespace: "default", node: "node1", clientIP: "10.0.1.2", serverIP: "10.0.2.2", serverPort: 80, protocol: "TCP", method: "GET", path: "/",
    }); // prettier-ignore
  });

  it("answers the same by TLS and by HTTP/2", async () => {
    const [host, client] = ["https://10.0.2.2:80/hostname", "https://10.0.2.2:80/clientip"];
    expect(await curl("-k", host, client, "-w", "[%{num_connects}]")).toMatch(/^web-0\[1\]10\.0\.1\.2:\d+\[0\]$/);
    expect(await curl("-k", "-H", "Connection: close", "-d", "@/etc/services", host)).toBe("web-0");
    const http2 = ["--http2-prior-knowledge", "-w", "[%{http_version} %{http_code}]"];
    expect(await curl(...http2, "http://10.0.2.2/hostname")).toBe("web-0[2 200]");
    expect(await curl(...http2, "-o", "/dev/null", "http://[fd00:2::2]/nothing")).toBe("[2 404]");
  });

  it("outlives clients that break off: streams that are reset at once, and TLS that is none", async () => {
    const frame = (type: number, flags: number, stream: number, body: Buffer): Buffer => {
      const head = Buffer.from([0, body.length >> 8, body.length & 0xff, type, flags, 0, 0, 0, stream]);
      return Buffer.concat([head, body]);
    };
    const [HEADERS, RST_STREAM, SETTINGS] = [1, 3, 4];
    // HPACK: :method POST, :scheme http, :authority, :path and content-type as literals (RFC 7541).
    const literal = (name: number[], value: string): Buffer =>
      Buffer.concat([Buffer.from([...name, value.length]), Buffer.from(value)]);
    const request = Buffer.concat([
      Buffer.from([0x83, 0x86]),
      literal([0x01], "web"),
      literal([0x04], "/grpc.health.v1.Health/Check"),
      literal([0x0f, 0x10], "application/grpc"),
    ]);
    const streams = [1, 3, 5].flatMap((id) => [
      frame(HEADERS, 5, id, request),
      frame(RST_STREAM, 0, id, Buffer.from([0, 0, 0, 8])),
    ]);
    const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    const broken = Buffer.concat([preface, frame(SETTINGS, 0, 0, Buffer.alloc(0)), ...streams]);
    const bad = [broken, preface.subarray(0, 20), Buffer.from([0x16, 3, 1, 0, 5, 1, 2, 3]), Buffer.from([0x16, 3])];
    for (const bytes of bad) {
      const escaped = [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
      await inClient("bash", "-c", `exec 3<>/dev/tcp/10.0.2.2/80; printf '${escaped}' >&3`);
    }
    expect(await curl("http://10.0.2.2/hostname")).toBe("web-0");
  });

  it("keeps a connection, answers pipelined requests in order and skips bodies", async () => {
    const twice = await curl("http://10.0.2.2/hostname", "http://10.0.2.2/echo?msg=2", "-w", "[%{num_connects}]");
    expect(twice).toBe("web-0[1]2[0]");
    const raw =
      "POST /echo?msg=1 HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 3\\r\\n\\r\\nabcGET /echo?msg=2 HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n";
    const answers = await inClient(
      "bash",
      "-c",
      `exec 3<>/dev/tcp/10.0.2.2/80; printf '${raw}' >&3; timeout 3 cat <&3`,
    );
    expect(answers.match(/^\d$/gm)).toEqual(["2"]);
    expect(answers).toMatch(/\r\n\r\n1HTTP\/1\.1 200/);
    expect(await curl("-d", "@/etc/services", "http://10.0.2.2/echo?msg=big")).toBe("big");
    expect(
      await curl("-H", "Transfer-Encoding: chunked", "-d", "@/etc/services", "http://10.0.2.2/echo?msg=chunked"),
    ).toBe("chunked");
  });

  it("answers a client that does not speak HTTP with its name, without a reset", async () => {
    const answer = await inClient("bash", "-c", "exec 3<>/dev/tcp/10.0.2.2/80; echo hello >&3; timeout 3 cat <&3");
    expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*web-0: not HTTP/);
  });

  it("refuses a port that is taken, and frees it on stop", async () => {
    const first = net.serve("server", 8080);
    expect(() => net.serve("server", 8080)).toThrow(/EADDRINUSE/);
    expect(await curl("http://10.0.2.2:8080/healthz")).toBe("ok");
    first.stop();
    net.serve("server", 8080).stop();
  });
});

describe("built-in UDP server", () => {
  it.each(["10.0.2.2", "fd00:2::2"])("answers datagrams at %s from the address that was asked", async (host) => {
    net.ip("server", "addr replace 10.0.2.3/24 dev eth0");
    const ask = (text: string, to = host): Promise<string> =>
      inClient("bash", "-c", `exec 3<>/dev/udp/${to}/53; printf '%s' '${text}' >&3; timeout 0.3 cat <&3`);
    expect(await ask("hostname")).toBe("web-0");
    expect(await ask("clientip")).toMatch(host.includes(":") ? /^\[fd00:1::2\]:\d+$/ : /^10\.0\.1\.2:\d+$/);
    expect(await ask("echo hi there")).toBe("hi there");
    expect(JSON.parse(await ask("anything"))).toMatchObject({ hostname: "web-0", message: "anything", serverIP: host });
    // a connected socket, as bash has here, only takes answers from 10.0.2.3
    if (host === "10.0.2.2") expect(await ask("hostname", "10.0.2.3")).toBe("web-0");
  });
});

it.each([
  ["process.exit(3)", 3],
  ["server.stop()", 0],
])("lets the process end: %s", async (end, code) => {
  const script = `
    import { startServer } from "./src/services/serve/server.ts";
    import { openNetns } from "./src/kernel/netns.ts";
    const resource = { kind: "server", id: "s", ns: "s", node: "s", protocol: "tcp", port: 9999, hostname: "s", cause: {} };
    const server = startServer(resource, openNetns("${net.host("server")}"));
    setTimeout(() => { ${end} }, 50);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit", timeout: 10_000 });
  const [exitCode] = (await once(child, "close")) as [number | null];
  expect(exitCode).toBe(code);
});

it("refuses SCTP by name on a kernel without it", () => {
  let supported = false;
  try {
    supported = execFileSync("grep", ["-c", "^SCTP", "/proc/net/protocols"], { encoding: "utf8" }).trim() !== "0";
  } catch {
    // grep found none
  }
  if (supported) net.serve("server", 9000, "sctp").stop();
  else expect(() => net.serve("server", 9000, "sctp")).toThrow(/this kernel has no SCTP/);
});

it("serves IPv4 in a namespace without IPv6", async () => {
  net.sysctl("server", "net.ipv6.conf.all.disable_ipv6=1");
  net.serve("server", 81, "tcp", "four");
  expect(await curl("http://10.0.2.2:81/")).toBe("four");
});
