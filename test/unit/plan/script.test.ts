import { describe, expect, it } from "vitest";
import { encodeScript } from "../../../src/plan/script.ts";
import { planOperations } from "../../../src/plan/plan-operations.ts";
import { planResources } from "../../../src/plan/plan-lab.ts";
import type { Operation } from "../../../src/resources/operation.ts";
import { labFixture } from "../cluster/cluster-fixture.ts";
import { rawTopology } from "../fabric/raw-fixture.ts";

const RAW = planOperations("lab", planResources(labFixture("lab", undefined, rawTopology()))).operations;

describe("encodeScript", () => {
  it("runs nothing that a name smuggles in: what people wrote in processes, files and causes is comment", () => {
    const evil = RAW.map((operation): Operation => ({
      ...operation,
      cause: { object: "x\ntouch /tmp/owned", reason: "y\r\ntouch /tmp/owned" },
    }));
    const lines = encodeScript({ lab: "lab", operations: evil }).split("\n");
    expect(lines.filter((line) => /owned/.test(line) && !line.startsWith("#"))).toEqual([]);
  });
});
