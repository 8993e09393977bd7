/** Asks pods, nodes and the internet of a lab over HTTP: who answers, and which source address it saw. */
import { expect } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import type { Lab } from "../../src/lab/lab.ts";
import type { Probe } from "../../src/services/probe/protocol.ts";

/** `client service 4 80` → who answers and which source it saw, or how it ended: `web sees client`, `timeout`. */
export type Answers = Readonly<Record<string, string>>;

/** Addresses that are neither a pod's nor a node's, for IPv4 and for IPv6. */
export type NamedAddresses = Readonly<Record<string, readonly [string, string]>>;

function addressOf({ clusters: [cluster] }: Lab, name: string, family: "4" | "6", named: NamedAddresses): string {
  const known = named[name];
  if (known !== undefined) return known[family === "4" ? 0 : 1];
  const of =
    name === "internet"
      ? cluster?.internet.address
      : (cluster?.nodes.find((one) => one.name === name) ?? cluster?.pods.find((one) => one.name === name))?.address;
  const address = family === "4" ? of?.ipv4 : of?.ipv6;
  if (address === undefined) throw new Error(`${name} has no address`);
  return address;
}

/** What surprises is asked again, with more time. */
export async function expectAnswers(
  client: AgentClient,
  lab: Lab,
  expected: Answers,
  named: NamedAddresses = {},
): Promise<void> {
  const nodes = lab.clusters.flatMap((cluster) => cluster.nodes.map(({ name }) => name));
  const familyOf = (line: string): "4" | "6" => (line.split(" ")[2] === "6" ? "6" : "4");
  const wanted = Object.fromEntries(
    Object.entries(expected).map(([line, answer]) => [
      line,
      answer.replace(/(?<= sees )\S+/, (name) => addressOf(lab, name, familyOf(line), named)),
    ]),
  );
  const found: Record<string, string> = {};
  for (const timeout of [1000, 2000, 8000]) {
    const asked = Object.keys(wanted).filter((line) => found[line] !== wanted[line]);
    const probes = asked.map((line): Probe => {
      const [from = "", to = "", , port = "80"] = line.split(" ");
      const ns = [...nodes, "internet"].includes(from) ? from : `default/${from}`;
      const address = addressOf(lab, to, familyOf(line), named);
      return { kind: "http", ns, to: address, port: Number(port), timeout, method: "GET", path: "/", headers: {} };
    });
    if (probes.length === 0) break;
    const { results } = await client.call("probe", { probes });
    for (const [i, line] of asked.entries()) {
      const { outcome = "", hostname = "", sourceIP = "" } = results[i] ?? {};
      found[line] = outcome === "open" ? `${hostname} sees ${sourceIP}` : outcome;
    }
  }
  expect(found).toEqual(wanted);
}

/** The same in both families. */
export function both(answers: Answers): Answers {
  return Object.fromEntries(
    ["4", "6"].flatMap((family) =>
      Object.entries(answers).map(([line, answer]) => {
        const [from, to, port = "80"] = line.split(" ");
        return [`${from} ${to} ${family} ${port}`, answer];
      }),
    ),
  );
}
