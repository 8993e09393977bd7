/** What a trace over two nodes costs: the agent's time and the whole command beyond the round trip, and other traffic beside it. */
import { join } from "node:path";
import { lab, median, root, run, target, timeTarget } from "./measure.ts";

interface Cost {
  readonly times: readonly { readonly whole: number; readonly trip: number }[];
  readonly quiet: readonly number[];
  readonly traced: readonly number[];
  readonly traces: readonly number[];
}

/** 150 ms where `node -e 0` takes 40. */
const LIMIT = 3.75;
const TO = "pod/web-0:80";

/** Needs iperf3. */
export function benchTrace(rounds: number): void {
  const name = "overlay";
  lab("up", join(root, "labs/overlay.yaml"), "--plain", "--no-checks");
  try {
    const shown = lab("exec", name, "pod/web-0", "--", "ip", "-4", "-o", "addr", "show", "eth0").stdout;
    const address = / inet ([\d.]+)/.exec(shown)?.[1] ?? "";
    const [server, client] = [`${name}.node2.default.web-0`, `${name}.node1.default.client`];
    const script = join(root, "test/bench/trace-cost.ts");
    const args = [script, name, "default/client", address, server, client, address, "node1,node2", String(rounds)];
    const cost = JSON.parse(run(process.execPath, args).stdout) as Cost;
    timeTarget("trace over two nodes: the agent's time beyond the round trip", median(cost.times.map(({ whole, trip }) => whole - trip)), LIMIT); // prettier-ignore
    const beyond = Array.from({ length: rounds }, () => {
      const probe = lab("probe", name, "pod/client", TO).ms;
      return lab("trace", name, "pod/client", TO).ms - probe;
    });
    timeTarget("trace over two nodes: the command beyond an equal probe", median(beyond), LIMIT);
    const [quiet, traced] = [Math.max(...cost.quiet), Math.max(...cost.traced)];
    console.log(`TCP between the same pods: ${quiet.toFixed(0)} Mbit/s, ${traced.toFixed(0)} beside ${median(cost.traces)} traces a second, one after the other`); // prettier-ignore
    target("other traffic beside traces is slower by", (1 - traced / quiet) * 100, 10, "%");
    for (const node of ["node1", "node2"])
      if (lab("exec", name, node, "--", "nft", "list", "tables").stdout.includes("k8snet-"))
        throw new Error(`a table has stayed on ${node}`);
  } finally {
    lab("down", name, "--plain");
  }
}
