/** The command that repeats an attempt by hand, ready to be pasted into a shell. */
import { shellLine } from "../net/shell-word.ts";
import { joinHostPort } from "../net/host-port.ts";
import type { Probe } from "../services/probe/protocol.ts";
import { formatNamespace, type TargetPlace } from "../net/place.ts";
import type { Lab } from "../lab/lab.ts";

/** `k8snet-lab exec LAB pod/client -- ping -c 1 10.0.0.2`. */
export function execCommand(lab: Lab, { ns, pod }: TargetPlace, argv: readonly string[]): string {
  return shellLine("k8snet-lab", "exec", lab.name, formatNamespace(pod ?? ns), "--", ...argv);
}

export function reproduceProbe(lab: Lab, probe: Probe): string {
  const seconds = String(Math.max(1, Math.ceil(probe.timeout / 1000)));
  return execCommand(lab, probe, probeArgv(probe, seconds));
}

/** curl takes the server name from the URL: that name has the address then. */
function secureWords({ tls, to, port }: Extract<Probe, { kind: "http" }>): string[] {
  if (tls === undefined) return [];
  return tls.serverName === undefined
    ? ["-k"]
    : ["-k", "--connect-to", `${tls.serverName}:${port}:${joinHostPort(to, port)}`];
}

function probeArgv(probe: Probe, seconds: string): string[] {
  const family = "family" in probe && probe.family !== undefined ? [probe.family === "ipv4" ? "-4" : "-6"] : [];
  switch (probe.kind) {
    case "ping":
      return [
        "ping",
        ...family,
        "-n",
        "-c",
        String(probe.count),
        "-W",
        seconds,
        ...(probe.size === undefined ? [] : ["-s", String(probe.size)]),
        ...(probe.df ? ["-M", "do"] : []),
        probe.to,
      ];
    case "tcp":
      return ["nc", ...family, "-v", "-z", "-w", seconds, probe.to, String(probe.port)];
    case "sctp":
      return ["ncat", ...family, "--sctp", "-v", "-z", "-w", seconds, probe.to, String(probe.port)];
    case "udp":
      return ["sh", "-c", `echo hostname | ${shellLine("nc", ...family, "-u", "-w", seconds, probe.to, probe.port)}`];
    case "http": {
      const headers = Object.entries(probe.headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
      const method = probe.method === "GET" ? [] : probe.method === "HEAD" ? ["-I"] : ["-X", probe.method];
      return [
        "curl",
        ...family,
        "-sS",
        "-i",
        "-m",
        seconds,
        ...method,
        ...headers,
        ...secureWords(probe),
        `${probe.tls === undefined ? "http" : "https"}://${joinHostPort(probe.tls?.serverName ?? probe.to, probe.port)}${probe.path}`,
      ];
    }
    case "dns":
      return [
        "dig",
        ...(probe.protocol === "tcp" ? ["+tcp"] : []),
        `+time=${seconds}`,
        "+tries=1",
        "-p",
        String(probe.port),
        `@${probe.to}`,
        probe.query,
        probe.type,
      ];
  }
}
