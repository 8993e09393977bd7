/** Services: first sync, a changed endpoint, DNS. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { dnsLab, endpointLab } from "./labs.ts";
import { change, folder, lab, median, quick, rateTarget, root, run, target, timeTarget, write } from "./measure.ts";

/** The cluster's DNS through its Service: asked from a pod, and how soon after the start of `up` it has answered a check. */
export function benchDns(rounds: number): void {
  const file = write("benchdns", dnsLab("benchdns", 10));
  const first: number[] = [];
  for (let round = 0; round < rounds; round++) {
    if (round > 0) lab("down", "benchdns", "--plain");
    first.push(lab("up", file, "--plain").ms);
  }
  timeTarget("3 nodes, first DNS answer after the start of up", median(first), 25);
  try {
    askDns("benchdns", 10, "");
  } finally {
    lab("down", "benchdns", "--plain");
  }
}

/** Answers of the cluster's DNS server, asked for all these Services by a pod as fast as it can. */
function askDns(name: string, services: number, what: string): void {
  const names = Array.from({ length: services }, (_, i) => `svc-${i}.default.svc.cluster.local`).join(",");
  const client = join(root, "test/bench/dns-client.ts");
  const { stdout } = lab("exec", name, "pod/client", "--", process.execPath, client, "10.96.0.10", names);
  const { perSecond, p99, wrong, lost } = JSON.parse(stdout) as Record<string, number>;
  rateTarget(`DNS answers of one server${what}`, perSecond ?? 0, 200);
  timeTarget(`DNS p99${what}`, p99 ?? Number.NaN, 0.125);
  target(`DNS questions lost or answered wrongly${what}`, (wrong ?? 0) + (lost ?? 0), 0, "");
}

/** Milliseconds from the first operation until all rules of all nodes are in the kernel, as `up` says itself. */
function builtIn(file: string): number {
  const { stdout } = lab("up", file, "--json", "--no-checks");
  const line = stdout.split("\n").find((text) => text.includes('"type":"built"')) ?? "{}";
  return (JSON.parse(line) as { ms: number }).ms;
}

/** What the tool and the kernel alone take for the rules of a lab that is up: three empty namespaces, side by side. */
function rulesFloor(name: string, mode: "iptables" | "nftables"): number {
  const rules = join(folder, `${name}.rules`);
  const save = mode === "iptables" ? ["iptables-save"] : ["nft", "list", "ruleset", "ip"];
  writeFileSync(rules, lab("exec", name, "node1", "--", ...save).stdout);
  const load = mode === "iptables" ? `iptables-restore < ${rules}` : `nft -f ${rules}`;
  return run("sh", ["-c", `for n in 1 2 3; do unshare -n sh -c '${load}' & done; wait`]).ms;
}

/**
 * First sync of many Services: what a lab with them takes longer to build than one that has a single one. DNS then has
 * to find each of them.
 */
export function benchServices(rounds: number): void {
  const services = quick ? 200 : 1000;
  for (const [mode, limit] of [
    ["iptables", 25],
    ["nftables", 17.5],
  ] as const) {
    const one = write(`benchsvc1${mode}`, dnsLab("benchsvc1", 1, mode));
    const many = write(`benchsvc${mode}`, dnsLab("benchsvc", services, mode));
    const bare: number[] = [];
    const full: number[] = [];
    const whole: number[] = [];
    try {
      for (let round = 0; round < rounds; round++) {
        bare.push(builtIn(one));
        lab("down", "benchsvc1", "--plain");
        full.push(builtIn(many));
        lab("down", "benchsvc", "--plain");
        whole.push(lab("up", many, "--plain", "--no-checks").ms);
        if (round < rounds - 1) lab("down", "benchsvc", "--plain");
      }
      console.log(
        `${mode}, ${services} Services × 3 endpoints on 3 nodes: built in ${median(full).toFixed(0)} ms ` +
          `(one Service: ${median(bare).toFixed(0)}), whole command ${median(whole).toFixed(0)} ms`,
      );
      timeTarget(`${mode}, first sync of ${services} Services`, median(full) - median(bare), limit);
      const floor = rulesFloor("benchsvc", mode);
      const times = (median(full) - median(bare)) / floor;
      console.log(
        `the same rules by the tool alone, 3 at once: ${floor.toFixed(0)} ms; the first sync took ${times.toFixed(1)} times as long`,
      );
      askDns("benchsvc", services, ` with ${services} Services, ${mode}`);
    } finally {
      lab("down", "benchsvc", "--plain");
    }
    benchEndpoint(services, mode);
  }
}

/** One endpoint for another: from the command's reaching the agent until packets of new flows go to the new one. */
function benchEndpoint(services: number, mode: "iptables" | "nftables"): void {
  const [before, after] = (["a", "b"] as const).map((pod) =>
    write(`benchep${mode}${pod}`, endpointLab("benchep", services, mode, pod)),
  ) as [string, string];
  lab("up", before, "--plain", "--no-checks");
  try {
    const places = ["default/client", "10.96.0.99:9999", "default/a", "default/b"];
    const { way, best, worst, reply } = change("benchep", before, after, places);
    console.log(
      `${mode}, an endpoint changed among ${services} Services: first packet ${best.toFixed(0)} to ${worst.toFixed(0)} ms, ` +
        `all nodes and DNS ${reply.toFixed(0)} ms`,
    );
    timeTarget(`${mode}, an endpoint changed, first packet`, way, mode === "nftables" ? 0.5 : 1.5);
  } finally {
    lab("down", "benchep", "--plain");
  }
}
