/** Routing policy rules, as `ip rule` makes and shows them. */
import type { ObservedRule } from "../../resources/observed.ts";
import { ipText } from "../../net/address-bytes.ts";
import { prefixBytes } from "../address.ts";
import { eachAttribute, readString } from "../netlink/attribute.ts";
import { AF_INET, AF_INET6, FR_ACT_TO_TBL, FRA, NLM_F_CREATE, NLM_F_EXCL, RTM } from "../netlink/constants.ts";
import { Message } from "../netlink/message.ts";
import { unless, type Rtnl } from "../rtnl.ts";

export type Rule = Omit<ObservedRule, "type">;

/** `ip rule add`; does nothing when the same rule exists. */
export function addRule(rtnl: Rtnl, rule: Rule): void {
  unless(["EEXIST"], () => rtnl.socket.request(ruleMessage(RTM.NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule)));
}

/** `ip rule del`; does nothing when it is gone. */
export function deleteRule(rtnl: Rtnl, rule: Rule): void {
  unless(["ENOENT"], () => rtnl.socket.request(ruleMessage(RTM.DELRULE, 0, rule)));
}

/** All rules of both families, the kernel's own (0, 32766, 32767) among them. */
export function dumpRules(rtnl: Rtnl): ObservedRule[] {
  return rtnl.socket.dump(new Message(RTM.GETRULE, 0, 12), decodeRule);
}

/** `0x80/0x80`; the mask is left out when it is all ones, as iproute2 does. */
export function formatMark(mark: number, mask: number): string {
  const hex = (value: number): string => `0x${value.toString(16)}`;
  return mask === 0xffffffff ? hex(mark) : `${hex(mark)}/${hex(mask)}`;
}

function parseMark(text: string): { mark: number; mask: number } {
  const [mark = "", mask = "0xffffffff"] = text.split("/");
  const numbers = { mark: Number(mark), mask: Number(mask) };
  if (!Number.isInteger(numbers.mark) || !Number.isInteger(numbers.mask))
    throw new Error(`not a firewall mark: ${text}`);
  return numbers;
}

/** struct fib_rule_hdr: family, dst_len, src_len, tos, table, reserved, reserved, action, flags. */
function ruleMessage(type: number, flags: number, rule: Rule): Message {
  const message = new Message(type, flags, 12)
    .bodyU8(0, rule.family === "ipv4" ? AF_INET : AF_INET6)
    .bodyU8(4, rule.table < 256 ? rule.table : 0)
    .bodyU8(7, FR_ACT_TO_TBL);
  const addPrefix = (prefix: string | undefined, at: number, attribute: number): void => {
    if (prefix === undefined) return;
    const { bytes, length } = prefixBytes(prefix);
    message.bodyU8(at, length);
    if (length > 0) message.bytes(attribute, bytes);
  };
  addPrefix(rule.to, 1, FRA.DST);
  addPrefix(rule.from, 2, FRA.SRC);
  message.u32(FRA.PRIORITY, rule.priority);
  if (rule.iif !== undefined) message.string(FRA.IIFNAME, rule.iif);
  if (rule.oif !== undefined) message.string(FRA.OIFNAME, rule.oif);
  if (rule.fwmark !== undefined) {
    const { mark, mask } = parseMark(rule.fwmark);
    message.u32(FRA.FWMARK, mark).u32(FRA.FWMASK, mask);
  }
  if (rule.table > 255) message.u32(FRA.TABLE, rule.table);
  return message;
}

/** FR_ACT_* of linux/fib_rules.h, other than to look into a table, by `ip rule`'s words. */
const ACTIONS: Readonly<Record<number, Pick<ObservedRule, "type">>> = {
  2: { type: "goto" },
  3: { type: "nop" },
  6: { type: "blackhole" },
  7: { type: "unreachable" },
  8: { type: "prohibit" },
};

function decodeRule(buffer: Buffer, start: number, end: number): ObservedRule | undefined {
  const family = buffer[start];
  if (family !== AF_INET && family !== AF_INET6) return undefined;
  const rule: { -readonly [K in keyof ObservedRule]: ObservedRule[K] } = {
    family: family === AF_INET ? "ipv4" : "ipv6",
    priority: 0,
    table: buffer[start + 4] ?? 0,
    ...ACTIONS[buffer[start + 7] ?? 0],
  };
  let mark = 0;
  let mask: number | undefined;
  eachAttribute(buffer, start + 12, end, (type, from, to) => {
    switch (type) {
      case FRA.DST:
        rule.to = `${ipText(buffer, from, to)}/${buffer[start + 1]}`;
        break;
      case FRA.SRC:
        rule.from = `${ipText(buffer, from, to)}/${buffer[start + 2]}`;
        break;
      case FRA.IIFNAME:
        rule.iif = readString(buffer, from, to);
        break;
      case FRA.OIFNAME:
        rule.oif = readString(buffer, from, to);
        break;
      case FRA.PRIORITY:
        rule.priority = buffer.readUInt32LE(from);
        break;
      case FRA.FWMARK:
        mark = buffer.readUInt32LE(from);
        break;
      case FRA.FWMASK:
        mask = buffer.readUInt32LE(from);
        break;
      case FRA.TABLE:
        rule.table = buffer.readUInt32LE(from);
        break;
      default:
    }
  });
  if (mask !== undefined && (mark !== 0 || mask !== 0)) rule.fwmark = formatMark(mark, mask);
  return rule;
}
