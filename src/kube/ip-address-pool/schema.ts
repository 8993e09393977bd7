/** IPAddressPool manifests (metallb.io/v1beta1): addresses for Services of type LoadBalancer, and which Services get them. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { anything, argument } from "../../syntax/scalar.ts";
import type { ManifestKind } from "../kind.ts";
import { objectMeta } from "../metadata.ts";
import {
  addNamespace,
  checkMetallbMetadata,
  checkSelectors,
  names,
  selectors,
  toSelectors,
} from "../metallb/metallb-kind.ts";
import type { AddressPoolModel } from "../metallb/metallb-objects.ts";
import { poolAddresses } from "../metallb/pool-addresses.ts";

const ipAddressPool = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("metallb.io/v1beta1"),
    kind: z.literal("IPAddressPool"),
    metadata: objectMeta,
    spec: z.strictObject({
      addresses: z.array(argument),
      autoAssign: z.boolean().optional(),
      avoidBuggyIPs: z.boolean().optional(),
      serviceAllocation: z
        .strictObject({
          priority: z.int().optional(),
          namespaces: names.optional(),
          namespaceSelectors: selectors.optional(),
          serviceSelectors: selectors.optional(),
        })
        .nullable()
        .optional(),
    }),
    status: anything,
  }),
);

export type IpAddressPoolDocument = z.infer<typeof ipAddressPool>;

export const ipAddressPoolKind: ManifestKind<"IPAddressPool", IpAddressPoolDocument> = {
  kind: "IPAddressPool",
  apiVersion: "metallb.io/v1beta1",
  words: ["ipaddresspool", "ipaddresspools"],
  schema: ipAddressPool,
  validate({ metadata, spec: { addresses, serviceAllocation } }, report) {
    checkMetallbMetadata(metadata, report);
    if (addresses.length === 0)
      report(["spec", "addresses"], "pool has no prefixes defined", { hint: "addresses: [198.51.100.0/28]" });
    for (const [i, text] of addresses.entries()) {
      const found = poolAddresses(text);
      if (typeof found === "string")
        report(["spec", "addresses", i], `invalid CIDR ${JSON.stringify(text)} in pool "${metadata.name}": ${found}`, {
          at: "value",
          hint: "198.51.100.0/28, or 198.51.100.1-198.51.100.9",
        });
    }
    const { namespaces, namespaceSelectors, serviceSelectors } = serviceAllocation ?? {};
    const path = ["spec", "serviceAllocation"];
    for (const [i, one] of (namespaces ?? []).entries())
      if (namespaces?.indexOf(one) !== i)
        report([...path, "namespaces", i], "duplicate definition in namespaces field", { at: "value" });
    checkSelectors(namespaceSelectors, "namespaceSelectors", [...path, "namespaceSelectors"], report);
    checkSelectors(serviceSelectors, "serviceSelectors", [...path, "serviceSelectors"], report);
  },
  resolve({ metadata, spec }, scope, { metallb }) {
    const { name, labels } = metadata;
    const { serviceAllocation: allocation } = spec;
    const model: AddressPoolModel = {
      name,
      labels: labels ?? {},
      addresses: spec.addresses.flatMap((text) => {
        const prefixes = poolAddresses(text);
        return typeof prefixes === "string" ? [] : [{ text, prefixes }];
      }),
      autoAssign: spec.autoAssign ?? true,
      avoidBuggyIPs: spec.avoidBuggyIPs ?? false,
      ...(allocation === undefined || allocation === null
        ? {}
        : {
            allocation: {
              priority: allocation.priority ?? 0,
              namespaces: allocation.namespaces ?? [],
              namespaceSelectors: toSelectors(allocation.namespaceSelectors),
              serviceSelectors: toSelectors(allocation.serviceSelectors),
            },
          }),
      cause: scope.cause(`IPAddressPool ${name}`, "addresses for Services of type LoadBalancer"),
    };
    addNamespace(metadata, scope, metallb);
    metallb.pools.push({ model, scope });
  },
};
