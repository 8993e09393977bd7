/** ingress-nginx' own tests of annotations, without packets: the routing table and the oracle, each on its own. */
import { describe, expect, test } from "vitest";
import { nginxPage } from "../../src/routing/error-page.ts";
import { withReason } from "./data.ts";
import {
  ANNOTATION_CASES,
  ANNOTATIONS_ABSENT,
  askCase,
  differences,
  NEEDS_SNIPPETS,
  NEEDS_SOCKETS,
} from "./ingress-annotations.ts";

const ROUTED = ANNOTATION_CASES.filter(({ index }) => !(index in NEEDS_SOCKETS) && !NEEDS_SNIPPETS.has(index));

describe.skipIf(ANNOTATIONS_ABSENT !== undefined)(withReason("ingress-nginx", ANNOTATIONS_ABSENT), () => {
  test.each(ROUTED)("$index $id: the routing table", (one) => {
    const asked = askCase(one, nginxPage);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.flatMap((step) => differences(step))).toEqual([]);
  });
  test.each(ROUTED)("$index $id: the oracle", (one) => {
    for (const step of askCase(one, nginxPage)) {
      const { asked, oracleStatus, oracleBackends, oracleLocation } = step;
      if (step.expect.status !== undefined) expect(oracleStatus).toBe(step.expect.status);
      const location = step.expect.header?.["Location"];
      if (location !== undefined) expect(oracleLocation).toBe(location);
      if (asked.status === undefined) expect(oracleBackends).toContain(asked.backend);
    }
  });
  test("what needs sockets is asked of others, not decided", () => {
    for (const one of ANNOTATION_CASES.filter(({ index }) => /authentication/.test(NEEDS_SOCKETS[index] ?? "")))
      for (const { asked } of askCase(one, nginxPage))
        if (asked.decision.route !== undefined && asked.status === undefined)
          expect(asked.passage.undecided.map(({ kind }) => kind)).toContain("external-auth");
  });
});
