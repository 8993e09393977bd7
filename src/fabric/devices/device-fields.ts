/** What a lab file may say of any device. */
import * as z from "zod";
import { duration, interfaceName, mac, mtu, oneOrBoth, rate } from "../../syntax/scalar.ts";

const rateLimit = () =>
  z.union([
    rate,
    z.strictObject({
      rate,
      burst: z
        .union([z.int().min(1), z.string()])
        .optional()
        .describe("Bytes: 32kb"),
      latency: duration.optional().describe("How long a packet may wait"),
    }),
  ]);

const vlanId = () => z.int().min(1).max(4094);

/** VLANs of a bridge port, or of a bridge itself. */
export const portVlans = () => ({
  pvid: vlanId().optional().describe("VLAN of frames without a tag, where the bridge filters by VLANs"),
  tagged: z.array(vlanId()).min(1).max(4094).optional().describe("VLANs whose frames have a tag here"),
});

export const deviceFields = () => ({
  addresses: oneOrBoth.optional().describe("With prefix length: 10.0.0.1/24"),
  mac: mac.optional(),
  mtu: mtu.optional(),
  bridge: interfaceName.optional().describe("Bridge of this namespace that the device is a port of"),
  bond: interfaceName.optional().describe("Bond of this namespace that the device is a link of"),
  vrf: interfaceName.optional().describe("VRF of this namespace whose table the device's packets are routed by"),
  hairpin: z.boolean().optional().describe("Bridge port: send a frame back where it came from"),
  isolated: z.boolean().optional().describe("Bridge port: no traffic with other isolated ports"),
  ...portVlans(),
  rate: rateLimit().optional().describe("Egress limit by tc tbf"),
  up: z.boolean().optional().describe("Default true"),
});
