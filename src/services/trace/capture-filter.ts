/**
 * What a trace's sockets need not copy: a classic BPF program (Documentation/networking/filter.rst) that passes what may be the probe's,
 * plain or in VXLAN on any port, and all that is neither TCP nor UDP. Other traffic is left where it is.
 */
import type { Probe } from "../probe/protocol.ts";
import type { ProbeMarks } from "../probe/attempt.ts";
import { WINDOW } from "./identify.ts";

/** SKF_NET_OFF, from the network header on, and SKF_AD_OFF + SKF_AD_PROTOCOL. */
const NET = 0xfff0_0000;
const ETHERTYPE = 0xffff_f000;
const TCP = 6;
const UDP = 17;
/** VXLAN's header behind UDP's, with the flag that its VNI is set; the frame in it, its EtherType, its packet. */
const VXLAN = 8;
const VNI_IS_SET = 0x08;
const INNER_TYPE = 28;
const INNER = 30;
const ALL = 0x4_0000;
const OP = { loadByte: 0x30, loadHalf: 0x28, byteAtX: 0x50, halfAtX: 0x48, wordAtX: 0x40, loadX: 0x01, store: 0x02, loadStored: 0x60, and: 0x54, shift: 0x64, add: 0x04, addX: 0x0c, sub: 0x14, toX: 0x07, fromX: 0x87, equal: 0x15, atLeast: 0x35, has: 0x45, goto: 0x05, return: 0x06 } as const; // prettier-ignore

type Label = string;
type Step = Label | readonly [op: keyof typeof OP, value?: number | Label, then?: Label, otherwise?: Label];

/** struct sock_filter, one after the other. A step that is a text is a label; a comparison without a label goes to the next step. */
function assemble(steps: readonly Step[]): Buffer {
  const labels = new Map<Label, number>();
  let count = 0;
  for (const step of steps) if (typeof step === "string") labels.set(step, count);
    else count++; // prettier-ignore
  const program = Buffer.alloc(count * 8);
  let at = 0;
  const from = (label: Label | undefined): number => (label === undefined ? 0 : (labels.get(label) ?? 0) - at - 1);
  for (const step of steps) {
    if (typeof step === "string") continue;
    const [op, value = 0, then, otherwise] = step;
    program.writeUInt16LE(OP[op], at * 8);
    program[at * 8 + 2] = from(then);
    program[at * 8 + 3] = from(otherwise);
    program.writeUInt32LE(typeof value === "string" ? from(value) : value >>> 0, at * 8 + 4);
    at++;
  }
  return program;
}

/** Whether the transport header at X is the probe's; the steps end in `pass`, `drop` or, for UDP of others, `otherUdp`. */
function ownTransport(
  probe: Probe,
  marks: ProbeMarks,
  prefix: string,
  otherUdp: Label,
): { readonly tcp: Step[]; readonly udp: Step[] } {
  const isStream = probe.kind === "tcp" || probe.kind === "http" || (probe.kind === "dns" && probe.protocol === "tcp");
  const drop: Step[] = [["goto", "drop"]];
  const noUdp: Step[] = [["goto", otherUdp]];
  const sequence: Step[] = [
    ["wordAtX", NET + 4],
    ["sub", marks.sequence],
    ["atLeast", WINDOW, `${prefix} answer`, "pass"],
    `${prefix} answer`,
    ["wordAtX", NET + 8],
    ["sub", marks.sequence],
    ["atLeast", WINDOW, "drop", "pass"],
  ];
  if (isStream) return { tcp: sequence, udp: noUdp };
  if (probe.kind === "udp") return { tcp: drop, udp: [["goto", "pass"]] };
  if (probe.kind === "dns") return { tcp: drop, udp: [["halfAtX", NET + 8], ["equal", marks.dnsId, "pass", otherUdp]] }; // prettier-ignore
  return { tcp: drop, udp: noUdp };
}

export function captureFilter(probe: Probe, marks: ProbeMarks): Buffer {
  const outer = ownTransport(probe, marks, "outer", "tunnel");
  const inner = ownTransport(probe, marks, "inner", "drop");
  return assemble([
    ["loadHalf", ETHERTYPE],
    ["equal", 0x0800, "IPv4"],
    ["equal", 0x86dd, "IPv6", "pass"],
    "IPv4",
    ["loadByte", NET],
    ["and", 15],
    ["shift", 2],
    ["toX"],
    ["loadByte", NET + 9],
    ["goto", "transport"],
    "IPv6",
    ["loadX", 40],
    ["loadByte", NET + 6],
    "transport",
    ["equal", TCP, "TCP"],
    ["equal", UDP, "UDP", "pass"],
    "TCP",
    ...outer.tcp,
    "UDP",
    // Before it is looked at as a tunnel's: what is loaded from behind a packet's end drops it.
    ...outer.udp,
    "tunnel",
    ["byteAtX", NET + VXLAN],
    ["has", VNI_IS_SET, "frame", "drop"],
    "frame",
    ["halfAtX", NET + INNER_TYPE],
    ["equal", 0x0800, "inner IPv4"],
    ["equal", 0x86dd, "inner IPv6"],
    // 802.1Q in VXLAN is not looked into here.
    ["equal", 0x8100, "pass", "drop"],
    "inner IPv4",
    ["byteAtX", NET + INNER + 9],
    ["store", 0],
    ["byteAtX", NET + INNER],
    ["and", 15],
    ["shift", 2],
    ["addX"],
    ["goto", "inner transport"],
    "inner IPv6",
    ["byteAtX", NET + INNER + 6],
    ["store", 0],
    ["fromX"],
    ["add", 40],
    "inner transport",
    ["add", INNER],
    ["toX"],
    ["loadStored", 0],
    ["equal", TCP, "inner TCP"],
    ["equal", UDP, "inner UDP", "pass"],
    "inner TCP",
    ...inner.tcp,
    "inner UDP",
    ...inner.udp,
    "pass",
    ["return", ALL],
    "drop",
    ["return", 0],
  ]);
}
