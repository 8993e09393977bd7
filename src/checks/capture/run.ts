/** capture: the packets that a declared capture has seen during this run, compared with what was expected of them. */
import { count } from "../../counting.ts";
import { specsOf } from "../../fabric/topology.ts";
import { shellWord } from "../../net/shell-word.ts";
import { networkPlugin } from "../../cluster/cni/registry.ts";
import { readFile } from "node:fs/promises";
import { decodeCaptures } from "../../capture/decode-capture.ts";
import { assertPackets, isBounded, resolveExpectation } from "../../capture/expectation.ts";
import type { Assertion, ResolvedExpectation } from "../../capture/expectation.ts";
import { formatCaptured } from "../../capture/format-packet.ts";
import { joinPcaps } from "../../capture/pcap.ts";
import { packetFamily } from "../../capture/match.ts";
import type { CapturedPacket } from "../../capture/packet.ts";
import { formatNamespace, formatPlace } from "../../net/place.ts";
import type { CaptureFile } from "../../services/capture/protocol.ts";
import { LabError } from "../../errors.ts";
import type { PacketExpectation, PacketMatch } from "../../capture/packet-match.ts";
import type { CaptureCheck } from "./resolve.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Family } from "../../net/family.ts";
import { FAMILY_NAMES } from "../../net/families.ts";
import type { RunContext, CheckFinding } from "../kind.ts";
import { runLegs, type Leg, type LegLook } from "../leg.ts";
import { canonicalPlace } from "../namespace-of.ts";
import { describeCount, describeMatch } from "./describe-match.ts";
import { within } from "../wording.ts";

const SHOWN_PACKETS = 3;

export async function run(check: CaptureCheck, context: RunContext): Promise<CheckFinding> {
  const expected = `${describeCount(check.expect.packets)} in capture ${check.capture} with ${describeMatch(check.expect)} ${within(check)}`;
  const spec = context.lab.captures.find((one) => one.name === check.capture);
  const problem = context.captureProblems.get(check.capture);
  if (problem !== undefined) {
    const got = `the capture does not run: ${problem.message}`;
    const missingTool = problem instanceof LabError && problem.code === "EHOST";
    return {
      ok: false,
      expected,
      got,
      attempts: [],
      skipped: missingTool ? `${problem.message} (${problem.hint ?? ""})` : undefined,
    };
  }
  const expect = withCanonicalPlaces(context.lab, check.expect);
  const both = check.families.length > 1;
  let files: readonly CaptureFile[] = [];
  const legs = check.families.map((family): Leg => {
    const label = `${check.capture}${both ? ` (${family})` : ""}`;
    const resolved = resolveExpectation(expect, family);
    if ("problem" in resolved)
      return { label, family, problem: resolved.problem, look: () => Promise.reject(new Error(resolved.problem)) };
    return {
      label,
      family,
      look: async () => {
        files = (await context.client.call("captureFlush", { name: check.capture })).files;
        const packets = (await readPackets(context, files)).filter(
          (packet) => packet.time >= context.startedAt && (!both || packetFamily(packet.packet) === family),
        );
        return judgeCapture(
          assertPackets(packets, resolved.expectation),
          resolved.expectation,
          packets,
          files,
          both ? family : undefined,
        );
      },
    };
  });
  const finding = await runLegs(check, context, legs, { expected, negative: context.negative, overlap: false });
  const [file] = files;
  const filter = spec?.filter === undefined ? "" : ` ${shellWord(spec.filter)}`;
  return { ...finding, reproduce: file === undefined ? undefined : `tcpdump -nr ${shellWord(file.path)}${filter}` };
}

async function readPackets(context: RunContext, files: readonly CaptureFile[]): Promise<CapturedPacket[]> {
  const cooked = files.filter((file) => file.iface === "any").map((file) => file.ns);
  const state = cooked.length === 0 ? undefined : await context.client.observe({ namespaces: cooked });
  const captures = await Promise.all(
    files.map(async ({ ns, iface, path, parts = [path] }) => ({
      where: formatNamespace(ns),
      iface,
      data: joinPcaps(await Promise.all(parts.map((part) => readFile(part)))),
      devices: new Map(state?.namespaces[ns]?.links.map((link) => [link.index, link.name])),
    })),
  );
  return decodeCaptures(captures, { vxlanPorts: vxlanPorts(context.lab) });
}

function vxlanPorts(lab: Lab): number[] {
  const ports = lab.topology.nodes.flatMap((node) => specsOf(node, "vxlan").map(({ port }) => port));
  return [...ports, ...lab.clusters.flatMap((cluster) => networkPlugin(cluster).tunnelPorts(cluster.cni))];
}

export function judgeCapture(
  assertion: Assertion,
  expectation: ResolvedExpectation,
  packets: readonly CapturedPacket[],
  files: readonly CaptureFile[],
  family?: Family,
): LegLook {
  const { ok, final, matched, missing, nearest } = assertion;
  const of = `${count(packets.length, `${family === undefined ? "" : `${FAMILY_NAMES[family]} `}packet`)} seen at ${files.map((file) => formatPlace(file.ns, file.iface)).join(", ")}`;
  const dropped = files.reduce((sum, file) => sum + (file.dropped ?? 0), 0);
  const kept = files.find((file) => file.wrapped !== undefined)?.wrapped;
  const loss = [
    dropped > 0 ? ` (${dropped} more were dropped: tcpdump was too slow)` : "",
    kept === undefined ? "" : ` (older ones were overwritten: the newest ${kept / 1e6} MB are kept)`,
  ].join("");
  const [example] = matched;
  if (ok)
    return {
      ok: (dropped === 0 && kept === undefined) || !isBounded(expectation.packets),
      got: `${matched.length} of ${of}${loss}${example === undefined ? "" : `, first: ${formatCaptured(example)}`}`,
    };
  const what =
    missing === undefined
      ? `${matched.length} of ${of} matched`
      : `packet ${missing + 2} of the expected order did not follow in ${of}`;
  if (nearest !== undefined && nearest.differs.length > 0) {
    const differences = nearest.differs.map(({ field, expected, got }) => `${field} is ${got}, expected ${expected}`);
    return {
      ok: false,
      final,
      got: `${what}${loss}\n  nearest: ${formatCaptured(nearest.packet)}\n  differs: ${differences.join("; ")}`,
    };
  }
  const lines = (matched.length > expectation.packets.max ? matched : packets)
    .slice(0, SHOWN_PACKETS)
    .map((packet) => `\n  ${formatCaptured(packet)}`);
  return { ok: false, final, got: `${what}${loss}${lines.length === 0 ? "" : `, first:${lines.join("")}`}` };
}

/** Places are compared as text: one spelling for each. */
function withCanonicalPlaces(lab: Lab, expect: PacketExpectation): PacketExpectation {
  const fix = <M extends PacketMatch>(match: M): M =>
    match.at === undefined ? match : { ...match, at: canonicalPlace(lab, match.at) };
  return { ...fix(expect), then: expect.then.map(fix) };
}
