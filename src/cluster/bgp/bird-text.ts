/** The parts of BIRD 2's configuration that all speakers have, and the whole of one without filters: the lab's router. */
import { sha256 } from "../../net/digest.ts";
import { because } from "../../cause.ts";
import type { Cause } from "../../cause.ts";
import { FAMILIES, familyOf } from "../../net/families.ts";
import type { Family } from "../../net/family.ts";
import type { NodeDraft } from "../../fabric/node-draft.ts";
import type { BgpNeighbour, BgpSpeaker } from "./model.ts";
import { localAsOf, sourceOf } from "./sessions.ts";

/** A BIRD among those of a namespace, and what it does. */
export interface BirdRole {
  /** That of its socket and its configuration. */
  readonly name: string;
  readonly does: string;
}

const USUAL: BirdRole = { name: "bird", does: "speaks BGP, and writes what it learns into the kernel" };

/** Short waits: the other end may be started a moment later. */
export const TIMERS = ["connect delay time 1;", "connect retry time 1;", "error wait time 1,5;"] as const;

/** `head { … }`, indented. */
export function section(head: string, lines: readonly string[], end = "}"): readonly string[] {
  return [`${head} {`, ...lines.map((line) => `  ${line}`), end];
}

/** `interfaces`: patterns of those whose subnets it knows. */
export function headText(routerId: string, families: readonly Family[], interfaces: string): readonly string[] {
  return [
    "log stderr { warning, error, fatal, bug };",
    `router id ${routerId};`,
    "",
    ...section("protocol device", ["scan time 2;"]),
    ...section("protocol direct", [...families.map((family) => `${family};`), `interface ${interfaces};`]),
  ];
}

/** Between BIRD's table and the kernel's. Metric 0: a route has its own, or none. `options`: of the protocol. */
export function kernelText(family: Family, exported: string, options: readonly string[] = []): readonly string[] {
  return section(`protocol kernel kernel_${family}`, [
    "scan time 2;",
    "merge paths on;",
    "metric 0;",
    ...options,
    `${family} { import all; export ${exported}; };`,
  ]);
}

/** MD5 signatures (RFC 2385). BIRD has no escapes in strings: `unfitPassword`. */
export const passwordText = ({ password }: Pick<BgpNeighbour, "password">): readonly string[] =>
  password === undefined ? [] : [`password "${password}";`];

/** BIRD cannot be given it. */
export const unfitPassword = (password: string | undefined): boolean => /["\n]/.test(password ?? "");

/** A speaker that passes on all that it learns. */
export function plainSpeakerText(speaker: BgpSpeaker): string {
  const families = FAMILIES.filter((family) => speaker.neighbours.some(({ address }) => familyOf(address) === family));
  const learned = "where source = RTS_BGP";
  const sessions = speaker.neighbours.map((neighbour) => {
    const source = sourceOf(speaker, neighbour);
    return section(`protocol bgp '${neighbour.name}'`, [
      `local ${source ?? ""} as ${localAsOf(speaker, neighbour)};`,
      `neighbor ${neighbour.address} as ${neighbour.asn};`,
      "multihop;",
      ...TIMERS,
      ...passwordText(neighbour),
      ...(neighbour.families ?? [familyOf(neighbour.address)]).map(
        (family) => `${family} { import all; export ${learned}; };`,
      ),
    ]);
  });
  return textOf([
    ...headText(speaker.routerId, families, '"*"'),
    ...families.flatMap((family) => kernelText(family, learned)),
    ...sessions.flat(),
  ]);
}

export const textOf = (lines: readonly string[]): string => `${lines.join("\n").trimEnd()}\n`;

/** A BIRD 2 in a namespace. */
export function addBird(draft: NodeDraft, content: string, cause: Cause, { name, does }: BirdRole = USUAL): void {
  const configuration = `/etc/bird/${name}.conf`;
  draft.add(
    { kind: "file", path: configuration, content, cause: because(cause, "what the BIRD 2 that runs here reads") },
    {
      kind: "daemon",
      name,
      argv: ["bird", "-f", "-c", configuration, "-s", `/run/bird/${name}.ctl`],
      configuration: sha256(content).toString("hex").slice(0, 16),
      cause: because(cause, does),
    },
  );
}
