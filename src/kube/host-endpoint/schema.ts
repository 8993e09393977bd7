/** HostEndpoint manifests (projectcalico.org/v3, crd.projectcalico.org/v1): a node's own interface, for policies to concern. */
import * as z from "zod";
import { formatAddress, parseAddress } from "../../net/address.ts";
import { invalidValue } from "../../syntax/kube-names.ts";
import { lazy } from "../../syntax/lazy.ts";
import { anything, argument } from "../../syntax/scalar.ts";
import { ALLOW_PROFILE } from "./host-endpoint.ts";
import { CALICO_POLICY_API, checkGlobalMetadata } from "../calico/calico-kind.ts";
import type { ManifestKind } from "../kind.ts";
import { objectMeta } from "../metadata.ts";

const schema = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("projectcalico.org/v3"),
    kind: z.literal("HostEndpoint"),
    metadata: objectMeta,
    spec: z
      .strictObject({
        node: argument.optional(),
        interfaceName: argument.optional(),
        expectedIPs: z.array(argument).optional(),
        profiles: z.array(argument).optional(),
        ports: z
          .array(z.strictObject({ name: argument, protocol: argument, port: z.int().min(1).max(65_535) }))
          .optional(),
      })
      .optional(),
    status: anything,
  }),
);

type HostEndpointDocument = z.infer<typeof schema>;

export const hostEndpointKind: ManifestKind<"HostEndpoint", HostEndpointDocument> = {
  kind: "HostEndpoint",
  ...CALICO_POLICY_API,
  words: ["hep", "hostendpoint", "hostendpoints", "heps"],
  schema,
  validate({ metadata, spec = {} }, report) {
    checkGlobalMetadata(metadata, report);
    const { node = "", interfaceName = "", expectedIPs = [], profiles = [] } = spec;
    if (node === "") report(["spec", "node"], "Required value: node must be specified", { hint: "the name of a node" });
    if (interfaceName === "" && expectedIPs.length === 0)
      report(["spec"], invalidValue("object", "at least one of interfaceName or expectedIPs must be specified"), {
        hint: 'interfaceName: eth0, or "*" for all of the node\'s own',
      });
    if (interfaceName !== "" && interfaceName !== "*" && !/^[a-zA-Z0-9_.-]{1,15}$/.test(interfaceName))
      report(["spec", "interfaceName"], invalidValue(interfaceName, "invalid interface name"), { at: "value" });
    for (const [i, text] of expectedIPs.entries())
      if (parseAddress(text) === undefined)
        report(["spec", "expectedIPs", i], invalidValue(text, "invalid IP address"), { at: "value" });
    for (const [i, profile] of profiles.entries())
      if (profile !== ALLOW_PROFILE)
        report(["spec", "profiles", i], `Profile ${JSON.stringify(profile)} is not there, and allows nothing`, {
          severity: "warning",
          at: "value",
          hint: `${ALLOW_PROFILE} is always there, and allows what policies leave open`,
        });
  },
  resolve({ metadata: { name, labels }, spec = {} }, scope, { calico }) {
    const { node, interfaceName, expectedIPs = [], profiles = [], ports = [] } = spec;
    if (node === undefined) return;
    calico.references.push({ kind: "Node", name: node, scope: scope.at("spec", "node") });
    calico.hostEndpoints.push({
      name,
      node,
      ...(interfaceName === undefined || interfaceName === "" ? {} : { interfaceName }),
      expectedIPs: expectedIPs.flatMap((text) => {
        const address = parseAddress(text);
        return address === undefined ? [] : [formatAddress(address)];
      }),
      labels: labels ?? {},
      profiles,
      ports,
      cause: scope.at("metadata", "name").cause(`HostEndpoint ${name}`, `host endpoint of ${node}`),
    });
  },
};
