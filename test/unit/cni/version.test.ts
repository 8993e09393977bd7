import { expect, test } from "vitest";
import { CniError, pluginError } from "../../../src/cni/error.ts";
import { readVersions, versionsBy } from "../../../src/cni/version.ts";

test.each([
  [{ cniVersion: "1.1.0", supportedVersions: ["0.4.0", "1.0.0"] }, ["0.4.0", "1.0.0"]],
  [{ cniVersion: "0.2.0" }, ["0.1.0", "0.2.0"]],
  [{ cniVersion: "0.2.0", supportedVersions: [] }, ["0.1.0", "0.2.0"]],
])("VERSION %j: %j", (said, versions) => expect(readVersions(JSON.stringify(said))).toEqual(versions));

test.each([
  ['{ "supportedVersions": ["1.0.0"] }', "missing field cniVersion"],
  ['{ "cniVersion": "", "supportedVersions": ["1.0.0"] }', "missing field cniVersion"],
  ["null", "missing field cniVersion"],
  ['{ "cniVersion": "1.0.0" }', "missing field supportedVersions"],
  ["hello", '"hello" is not JSON'],
])("VERSION %s is refused", (said, why) =>
  expect(() => readVersions(said)).toThrow(new CniError(6, `decoding version info: ${why}`)),
);

test("a plugin without the command supports 0.1.0; any other failure stays one", () => {
  const failed = (msg: string): CniError => pluginError(JSON.stringify({ code: 4, msg }), "", "exit status 1");
  expect(versionsBy(failed("unknown CNI_COMMAND: VERSION"))).toEqual(["0.1.0"]);
  expect(() => versionsBy(failed("unknown CNI_COMMAND: VERSION!"))).toThrow("unknown CNI_COMMAND: VERSION!");
});
