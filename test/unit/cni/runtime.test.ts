import { utimesSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseNetwork } from "../../../src/cni/config.ts";
import { CniRuntime } from "../../../src/cni/runtime.ts";
import { ScriptHost } from "../../conformance/cni-host.ts";

let host: ScriptHost;
beforeEach(() => void (host = new ScriptHost("1.0.0")));
afterEach(() => host.remove());

test.each(["", undefined])("a result of version %j is of the configuration's", async (cniVersion) => {
  host.plugin("one", { cniVersion, ips: [{ address: "10.0.0.2/24" }] });
  const list = parseNetwork('{ "name": "net", "cniVersion": "1.0.0", "plugins": [{ "type": "one" }] }', "x.conflist");
  const to = { containerId: "c", netns: "/n", ifName: "eth0", args: [], capabilityArgs: {} };
  expect((await new CniRuntime(host).add(list, to)).ips).toEqual([{ address: "10.0.0.2/24" }]);
});

test("VERSION is asked once of each file, and again when it has been changed", async () => {
  host.plugin("one", {});
  const runtime = new CniRuntime(host);
  expect(await runtime.versions("one")).toEqual(["1.0.0"]);
  host.write("versions", { cniVersion: "1.1.0", supportedVersions: ["1.1.0"] });
  expect(await runtime.versions("one")).toEqual(["1.0.0"]);
  utimesSync(join(host.folder, "one"), 1, 1);
  expect(await runtime.versions("one")).toEqual(["1.1.0"]);
});
