/** BGPAdvertisement manifests (metallb.io/v1beta1): nodes announce addresses of these pools to their BGP peers. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { anything } from "../../syntax/scalar.ts";
import type { ManifestKind } from "../kind.ts";
import { objectMeta } from "../metadata.ts";
import { advertisementFields, advertisementModel, checkAdvertisement } from "../metallb/advertisement.ts";
import { readCommunity } from "../metallb/metallb-community.ts";
import { addNamespace, checkDuplicates, checkMetallbMetadata, names } from "../metallb/metallb-kind.ts";

const LONGEST = { ipv4: 32, ipv6: 128 } as const;
const LARGEST_PREF = 2 ** 32 - 1;

const bgpAdvertisement = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("metallb.io/v1beta1"),
    kind: z.literal("BGPAdvertisement"),
    metadata: objectMeta,
    spec: z
      .strictObject({
        ...advertisementFields,
        aggregationLength: z.int().min(1).nullable().optional(),
        aggregationLengthV6: z.int().min(0).nullable().optional(),
        localPref: z.int().min(0).max(LARGEST_PREF).optional(),
        communities: names.optional(),
        peers: names.optional(),
      })
      .nullable()
      .optional(),
    status: anything,
  }),
);

export type BgpAdvertisementDocument = z.infer<typeof bgpAdvertisement>;

export const bgpAdvertisementKind: ManifestKind<"BGPAdvertisement", BgpAdvertisementDocument> = {
  kind: "BGPAdvertisement",
  apiVersion: "metallb.io/v1beta1",
  words: ["bgpadvertisement", "bgpadvertisements"],
  schema: bgpAdvertisement,
  validate({ metadata, spec }, report) {
    checkMetallbMetadata(metadata, report);
    const given = spec ?? {};
    checkAdvertisement(given, report);
    checkDuplicates(given.communities, "community", ["spec", "communities"], report);
    checkDuplicates(given.peers, "peers", ["spec", "peers"], report);
    const selects = (given.serviceSelectors ?? []).length > 0;
    for (const [field, family, words] of [
      ["aggregationLength", "ipv4", "IPv4"],
      ["aggregationLengthV6", "ipv6", "IPv6"],
    ] as const) {
      const length = given[field] ?? LONGEST[family];
      if (selects && length !== LONGEST[family])
        report(
          ["spec", field],
          `serviceSelectors and ${field} are mutually exclusive, both cannot be set in ${metadata.name}`,
          { at: "value" },
        );
      if (length > LONGEST[family])
        report(["spec", field], `invalid aggregation length "${length}" for ${words}`, {
          at: "value",
          hint: `at most ${LONGEST[family]}, which is an address on its own`,
        });
    }
    for (const [i, text] of (given.communities ?? []).entries()) {
      const found = readCommunity(text);
      if ("problem" in found && !found.isName)
        report(
          ["spec", "communities", i],
          `${found.problem}: invalid community ${JSON.stringify(text)} in BGP advertisement`,
          { at: "value", hint: "65000:100, large:65000:1:2, or the name that a Community gives one" },
        );
    }
  },
  resolve({ metadata, spec }, scope, { metallb }) {
    const { name } = metadata;
    const given = spec ?? {};
    addNamespace(metadata, scope, metallb);
    metallb.bgp.push({
      model: {
        ...advertisementModel(name, given, scope.cause(`BGPAdvertisement ${name}`, "announced by BGP")),
        length: {
          ipv4: given.aggregationLength ?? LONGEST.ipv4,
          ipv6: given.aggregationLengthV6 ?? LONGEST.ipv6,
        },
        localPref: given.localPref ?? 0,
        communities: given.communities ?? [],
        peers: given.peers ?? [],
      },
      scope,
    });
  },
};
