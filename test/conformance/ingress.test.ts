/** Kubernetes' Ingress conformance, without packets: the routing table and the oracle, each on its own. */
import { describe, expect, test } from "vitest";
import { withReason } from "./data.ts";
import { byDecide, byOracle, expectedFinding, INGRESS_ABSENT, INGRESS_CASES } from "./ingress.ts";

describe.skipIf(INGRESS_ABSENT !== undefined)(withReason("Ingress", INGRESS_ABSENT), () => {
  test.each(INGRESS_CASES)("$id $scenario: the routing table", (one) =>
    expect(byDecide(one)).toEqual(expectedFinding(one)),
  );
  test.each(INGRESS_CASES)("$id $scenario: the oracle", (one) => expect(byOracle(one)).toEqual(expectedFinding(one)));
});
