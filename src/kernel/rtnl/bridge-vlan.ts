/** VLANs of bridges and their ports, as `bridge vlan` shows and sets them (linux/if_bridge.h). */
import type { BridgeVlan } from "../../resources/observed.ts";
import { eachAttribute } from "../netlink/attribute.ts";
import { AF_BRIDGE, IFLA, RTM } from "../netlink/constants.ts";
import { Message } from "../netlink/message.ts";
import { unless, type Rtnl } from "../rtnl.ts";

const IFINFOMSG = 16;
const RTEXT_FILTER_BRVLAN = 2;
const IFLA_BRIDGE = { FLAGS: 0, VLAN_INFO: 2 } as const;
const BRIDGE_FLAGS_SELF = 2;
const INFO = { PVID: 2, UNTAGGED: 4 } as const;

/** By the index of the device, each by ascending number. */
export function dumpBridgeVlans(rtnl: Rtnl): ReadonlyMap<number, readonly BridgeVlan[]> {
  const message = new Message(RTM.GETLINK, 0, IFINFOMSG).bodyU8(0, AF_BRIDGE).u32(IFLA.EXT_MASK, RTEXT_FILTER_BRVLAN);
  return new Map(
    rtnl.socket.dump(message, (buffer, start, end) => {
      const vlans: BridgeVlan[] = [];
      eachAttribute(buffer, start + IFINFOMSG, end, (type, from, to) => {
        if (type !== IFLA.AF_SPEC) return;
        eachAttribute(buffer, from, to, (inner, at) => {
          if (inner !== IFLA_BRIDGE.VLAN_INFO) return;
          const flags = buffer.readUInt16LE(at);
          const [pvid, untagged] = [(flags & INFO.PVID) !== 0, (flags & INFO.UNTAGGED) !== 0];
          vlans.push({ vid: buffer.readUInt16LE(at + 2), pvid, untagged });
        });
      });
      return [buffer.readInt32LE(start + 4), vlans] as const;
    }),
  );
}

function change(type: number, index: number, self: boolean, flags: number, vid: number): Message {
  return new Message(type, 0, IFINFOMSG)
    .bodyU8(0, AF_BRIDGE)
    .bodyU32(4, index)
    .nest(IFLA.AF_SPEC, (spec) => {
      if (self) spec.u16(IFLA_BRIDGE.FLAGS, BRIDGE_FLAGS_SELF);
      spec.bytes(IFLA_BRIDGE.VLAN_INFO, Uint8Array.of(flags, 0, vid & 0xff, vid >> 8));
    });
}

/** `self`: the device is the bridge. Of a VLAN that is there the flags are set. */
export function addBridgeVlan(rtnl: Rtnl, index: number, self: boolean, { vid, pvid, untagged }: BridgeVlan): void {
  const flags = (pvid ? INFO.PVID : 0) | (untagged ? INFO.UNTAGGED : 0);
  rtnl.socket.request(change(RTM.SETLINK, index, self, flags, vid));
}

/** Does nothing when it is gone. */
export function removeBridgeVlan(rtnl: Rtnl, index: number, self: boolean, vid: number): void {
  unless(["ENOENT", "ENODEV"], () => rtnl.socket.request(change(RTM.DELLINK, index, self, 0, vid)));
}
