import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { labJsonSchema } from "../../../src/load/json-schema.ts";

test("labs/schema.json is what `k8snet-lab schema` prints; after a change of the schema run `npm run docs`", () => {
  const file = readFileSync(new URL("../../../labs/schema.json", import.meta.url), "utf8");
  expect(JSON.parse(file)).toEqual(JSON.parse(JSON.stringify(labJsonSchema())));
});

test("it is strict and describes the lab", () => {
  expect(labJsonSchema()).toMatchObject({
    type: "object",
    additionalProperties: false,
    required: ["apiVersion", "kind", "metadata", "spec"],
    properties: {
      spec: {
        properties: {
          topology: { additionalProperties: false },
          checks: { items: { anyOf: expect.any(Array) as unknown } },
        },
      },
    },
  });
});
