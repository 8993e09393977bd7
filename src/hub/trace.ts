/** One probe's path across several machines: all capture, one sends, and the captures are combined here. */
import { randomUUID } from "node:crypto";
import type { Methods } from "../agent/protocol.ts";
import type { CapturedPacketText, MachineMethods, TracePart } from "../agent/protocol-machine.ts";
import type { TraceResult } from "../services/trace/protocol.ts";
import { randomMarks } from "../services/trace/random-marks.ts";
import { assembleTrace, dropsOf } from "../services/trace/assemble.ts";
import { inOrder } from "../services/trace/order.ts";
import type { CapturedPacket } from "../services/trace/order.ts";
import type { HubLab } from "./hub-lab.ts";
import type { SegmentLayout } from "./layout.ts";
import type { LabMachine } from "./machine.ts";

/** Throws the error of the sender's agent; machines that are gone capture nothing. */
export async function traceAcross(
  lab: HubLab,
  sender: LabMachine,
  { probe, rules, packets: withBytes, held }: Methods["trace"]["params"],
): Promise<TraceResult> {
  const id = randomUUID();
  const marks = held?.marks ?? randomMarks();
  const asked = rules === undefined ? {} : { rules: { probe, marks, namespaces: rules } };
  const others = [...lab.machines.values()].filter((machine) => machine !== sender && machine.alive);
  await Promise.all(others.map((machine) => machine.call("listen", { id, ...asked }).catch(() => undefined)));
  const part = await sender.call("traceHere", { probe, marks, ...(rules === undefined ? {} : { rules }), held });
  const captured = await Promise.all(
    others.map((machine) =>
      machine.call("captured", { id }).catch((): MachineMethods["captured"]["result"] => ({ packets: [] })),
    ),
  );
  const packets = [part.captured, ...captured.map((one) => one.packets)].flat().map(parsePacket);
  const all = [...packets, ...packets.flatMap((packet) => onSwitch(packet, lab.layout.segments))].sort(inOrder);
  const { probe: result, localPort } = part;
  const sent = { result, marks, localPort, start: BigInt(part.start), captured: all };
  const trace = assembleTrace(probe, sent, { packets: withBytes });
  if (rules === undefined) return trace;
  const parts: readonly Omit<TracePart, "probe" | "start" | "captured">[] = [part, ...captured];
  const lost = parts
    .flatMap((one) => one.lost ?? [])
    .map((one) => ({ ...one, bytes: Buffer.from(one.bytes, "base64") }));
  const without = parts.flatMap(({ noDrops }) => noDrops ?? []);
  return {
    ...trace,
    rules: parts.flatMap((one) => one.rules ?? []),
    tracked: parts.flatMap((one) => one.tracked ?? []),
    flows: parts.flatMap((one) => one.flows ?? []),
    untraced: parts.flatMap((one) => one.untraced ?? []),
    drops: dropsOf(probe, sent, lost),
    noDrops: without[0],
  };
}

/** What goes out on a cable comes in at the switch, and the other way round: the engine's own bridge cannot be captured. */
function onSwitch(packet: CapturedPacket, segments: readonly SegmentLayout[]): CapturedPacket[] {
  for (const { switchNs, ports } of segments) {
    if (switchNs === undefined) continue;
    const port = ports.find(({ ns, name }) => ns === packet.ns && name === packet.iface);
    if (port === undefined) continue;
    const out = packet.direction === "out";
    return [
      {
        ...packet,
        ns: switchNs,
        iface: port.far.name,
        direction: out ? "in" : "out",
        otherHost: out,
        time: packet.time + (out ? 1n : -1n),
      },
    ];
  }
  return [];
}

function parsePacket({ time, bytes, link, ...rest }: CapturedPacketText): CapturedPacket {
  const header = link === undefined ? undefined : Buffer.from(link, "base64");
  return { ...rest, time: BigInt(time), bytes: Buffer.from(bytes, "base64"), link: header };
}
