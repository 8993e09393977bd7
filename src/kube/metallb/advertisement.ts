/** What L2Advertisement and BGPAdvertisement have in common. */
import type { Path } from "../../syntax/path.ts";
import type { Report } from "../../syntax/report.ts";
import type { Cause } from "../../cause.ts";
import {
  names,
  selectors,
  checkDuplicates,
  checkSelectors,
  toSelectors,
  type SelectorsDocument,
} from "./metallb-kind.ts";
import type { AdvertisementModel } from "./metallb-objects.ts";

export const advertisementFields = {
  ipAddressPools: names.optional(),
  ipAddressPoolSelectors: selectors.optional(),
  nodeSelectors: selectors.optional(),
  serviceSelectors: selectors.optional(),
};

interface Fields {
  readonly ipAddressPools?: readonly string[] | null | undefined;
  readonly ipAddressPoolSelectors?: SelectorsDocument;
  readonly nodeSelectors?: SelectorsDocument;
  readonly serviceSelectors?: SelectorsDocument;
}

const SPEC: Path = ["spec"];

export function checkAdvertisement(spec: Fields, report: Report): void {
  checkDuplicates(spec.ipAddressPools, "ipAddressPools", [...SPEC, "ipAddressPools"], report);
  for (const field of ["ipAddressPoolSelectors", "nodeSelectors", "serviceSelectors"] as const)
    checkSelectors(spec[field], field, [...SPEC, field], report);
}

export function advertisementModel(name: string, spec: Fields, cause: Cause): AdvertisementModel {
  return {
    name,
    pools: spec.ipAddressPools ?? [],
    poolSelectors: toSelectors(spec.ipAddressPoolSelectors),
    nodeSelectors: toSelectors(spec.nodeSelectors),
    serviceSelectors: toSelectors(spec.serviceSelectors),
    cause,
  };
}
