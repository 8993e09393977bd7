/** The cases of the table cni-spec (restated by hand there) as what is done, by their `when`; each throws where the runtime does otherwise. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { parseNetwork } from "../../src/cni/config.ts";
import type { NetworkList } from "../../src/cni/config.ts";
import { CniError } from "../../src/cni/error.ts";
import { checkInterfaceName } from "../../src/cni/names.ts";
import { findConfig, findList } from "../../src/cni/net-folder.ts";
import { formatResult, parseResult } from "../../src/cni/result.ts";
import type { Attachment } from "../../src/cni/result-store.ts";
import { CniRuntime, PluginFailure } from "../../src/cni/runtime.ts";
import { BIN_DIRS } from "../../src/cluster/cni/cni/model.ts";
import { ScriptHost } from "./cni-host.ts";

export interface SpecCase {
  readonly area: string;
  readonly when: string;
  readonly expect?: unknown;
  readonly error?: unknown;
  readonly index: number;
}

/** Where the reference plugins are; undefined: not installed. */
const PLUGINS = BIN_DIRS.find((folder) => existsSync(join(folder, "bridge")));

const json = (value: unknown): string => JSON.stringify(value);
const listOf = (cniVersion: string, ...types: readonly string[]): NetworkList =>
  parseNetwork(json({ name: "mynet", cniVersion, plugins: types.map((type) => ({ type })) }), "10-mynet.conflist");
const CONTAINER: Attachment = {
  containerId: "c1",
  netns: "/var/run/netns/c1",
  ifName: "eth0",
  args: [],
  capabilityArgs: {},
};
const result = (address: string, cniVersion = "1.1.0"): unknown => ({ cniVersion, ips: [{ address }] });

async function failure(work: () => unknown): Promise<Error> {
  try {
    await work();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was refused");
}

const codeOf = (error: Error): number | undefined =>
  error instanceof PluginFailure ? error.error.code : error instanceof CniError ? error.code : undefined;

/** A container with a network of two plugins. */
async function withTwo(
  version: string,
  work: (runtime: CniRuntime, host: ScriptHost, list: NetworkList) => Promise<void>,
): Promise<void> {
  const host = new ScriptHost();
  try {
    host.plugin("one", result("10.0.0.2/24", version));
    host.plugin("two", result("10.0.0.3/24", version));
    await work(new CniRuntime(host), host, listOf(version, "one", "two"));
  } finally {
    host.remove();
  }
}

/** A real plugin, called as the case says. */
function callPlugin(
  env: Readonly<Record<string, string>>,
  input: unknown,
): { status: number | null; said: { code?: number; msg?: string; details?: string } } {
  const { status, stdout } = spawnSync(join(PLUGINS ?? "", "host-local"), [], {
    env,
    input: json(input),
    encoding: "utf8",
  });
  return { status, said: JSON.parse(stdout) as { code?: number; msg?: string; details?: string } };
}

type Scenario = (table: SpecCase) => unknown;

const ifname: Scenario = async ({ when, error }) => {
  const name = /'(.*)'/.exec(when)?.[1] ?? "";
  expect(codeOf(await failure(() => checkInterfaceName(name)))).toBe(4);
  expect(error).toBe("invalid interface name");
};
const conflist = (changed: object): NetworkList =>
  parseNetwork(json({ name: "n", cniVersion: "1.0.0", plugins: [{ type: "a" }], ...changed }), "n.conflist");

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "directory has only some-plugin in 50-whatever.conf; asked for some-plugin": (table) => {
    const files = [{ name: "50-whatever.conf", text: json(table.expect) }];
    expect(findConfig(files, "some-plugin", "/etc/cni/net.d")).toMatchObject({
      name: "some-plugin",
      plugins: [{ type: "foobar" }],
    });
  },
  "the directory does not exist": async () => {
    expect((await failure(() => findConfig([], "some-plugin", "/no"))).message).toBe(
      "no net configurations found in /no",
    );
  },
  "a file that sorts first is `{`": async ({ error }) => {
    const files = [
      { name: "00-bad.conf", text: "{" },
      { name: "50-good.conf", text: json({ name: "some-plugin", type: "x" }) },
    ];
    expect((await failure(() => findConfig(files, "some-plugin", "/"))).message).toBe(error);
  },
  "a .conf without type": async ({ error }) => {
    expect((await failure(() => parseNetwork(json({ name: "x" }), "x.conf"))).message).toBe(error);
  },
  "name some-network, cniVersion 0.2.0, disableCheck true, plugins host-local, bridge, port-forwarding": () => {
    const plugins = ["host-local", "bridge", "port-forwarding"].map((type, own) => ({ type, own }));
    const list = parseNetwork(
      json({ name: "some-network", cniVersion: "0.2.0", disableCheck: true, plugins }),
      "x.conflist",
    );
    expect(list).toMatchObject({ name: "some-network", cniVersion: "0.2.0", disableCheck: true });
    expect(list.plugins.map(({ object }) => object)).toEqual(plugins);
  },
  'disableCheck is the string "true"': ({ expect: wanted }) =>
    expect(conflist({ disableCheck: "true" }).disableCheck).toBe(wanted),
  'disableCheck is "adsfasdfasf"': async ({ error }) =>
    expect((await failure(() => conflist({ disableCheck: "adsfasdfasf" }))).message).toBe(error),
  "loadOnlyInlinedPlugins absent and a plugin file in DIR/some-network/": () => {
    const files = [
      {
        name: "50-n.conflist",
        text: json({ name: "some-network", cniVersion: "0.2.0", plugins: [{ type: "inlined" }] }),
      },
      { name: "some-network/10-a.conf", text: json({ type: "in-folder" }) },
    ];
    expect(findList(files, "some-network", "/").plugins.map(({ type }) => type)).toEqual(["inlined", "in-folder"]);
  },
  "plugin advertises none of the passed capabilities": () =>
    withTwo("1.0.0", async (runtime, host, list) => {
      await runtime.add(list, { ...CONTAINER, capabilityArgs: { portMappings: [] } });
      for (const { config } of host.calls()) expect(config).not.toHaveProperty("runtimeConfig");
    }),
  "list of two": () =>
    withTwo("1.0.0", async (runtime, host, list) => {
      expect((await runtime.add(list, CONTAINER)).ips).toEqual([{ address: "10.0.0.3/24" }]);
      const [first, second] = host.calls();
      expect(first?.config).not.toHaveProperty("prevResult");
      expect(second?.config["prevResult"]).toMatchObject({ ips: [{ address: "10.0.0.2/24" }] });
      expect(host.cache.names()).toEqual(["mynet-c1-eth0"]);
    }),
  "plugin binary is not found": () =>
    withTwo("1.0.0", async (runtime, host) => {
      const { message } = await failure(() => runtime.add(listOf("1.0.0", "X"), CONTAINER));
      expect(message).toContain(`failed to find plugin "X" in path [${host.folder}]`);
    }),
  "network name invalid": ({ error }) =>
    withTwo("1.0.0", async (runtime, _host, list) => {
      expect(codeOf(await failure(() => runtime.add({ ...list, name: "a/b" }, CONTAINER)))).toBe(
        (error as { code: number }).code,
      );
    }),
  "interface name 'longer than 15 characters'": ifname,
  "interface name '..'": ifname,
  "interface name 'a:b'": ifname,
  "config version below 0.4.0": ({ error }) =>
    withTwo("0.3.1", async (runtime, _host, list) => {
      expect((await failure(() => runtime.check(list, CONTAINER))).message).toBe(error);
    }),
  "disableCheck true": () =>
    withTwo("1.0.0", async (runtime, host, list) => {
      await runtime.check({ ...list, disableCheck: true }, CONTAINER);
      expect(host.calls()).toEqual([]);
    }),
  "cached result of another version that can be converted": () =>
    withTwo("1.0.0", async (runtime, host, list) => {
      await runtime.add(list, CONTAINER);
      const cached = JSON.parse(host.cache.read("mynet-c1-eth0") ?? "") as object;
      host.cache.write(
        "mynet-c1-eth0",
        json({ ...cached, result: { cniVersion: "0.2.0", ip4: { ip: "10.0.0.9/24" } } }),
      );
      host.calls();
      await runtime.check(list, CONTAINER);
      for (const { config } of host.calls())
        expect(config["prevResult"]).toMatchObject({ cniVersion: "1.0.0", ips: [{ address: "10.0.0.9/24" }] });
    }),
  "0.3.1": () =>
    withTwo("0.3.1", async (runtime, host, list) => {
      await runtime.add(list, CONTAINER);
      host.calls();
      await runtime.del(list, CONTAINER);
      const calls = host.calls();
      expect(calls.map(({ type }) => type)).toEqual(["two", "one"]);
      for (const { config } of calls) expect(config).not.toHaveProperty("prevResult");
    }),
  "cached result is not JSON or cannot be converted": () =>
    withTwo("1.0.0", async (runtime, host, list) => {
      for (const text of [
        "adfadsf",
        json({ kind: "cniCacheV1", networkName: "mynet", result: { cniVersion: "0.4567.0" } }),
      ]) {
        host.cache.write("mynet-c1-eth0", text);
        await runtime.del(list, CONTAINER);
        const calls = host.calls();
        expect(calls).toHaveLength(2);
        for (const { config } of calls) expect(config).not.toHaveProperty("prevResult");
        expect(host.cache.names()).toEqual([]);
      }
    }),
  "three cached attachments, one is in validAttachments": () =>
    withTwo("1.1.0", async (runtime, host, list) => {
      for (const containerId of ["c1", "c2", "c3"]) await runtime.add(list, { ...CONTAINER, containerId });
      host.calls();
      await runtime.gc(list, [{ containerId: "c2", ifName: "eth0" }]);
      const calls = host.calls();
      expect(calls.map(({ type, command }) => `${command} ${type}`)).toEqual([
        "DEL two",
        "DEL one",
        "DEL two",
        "DEL one",
        "GC one",
        "GC two",
      ]);
      const valid = [{ containerID: "c2", ifname: "eth0" }];
      expect(calls.at(-1)?.config).toMatchObject({ "cni.dev/valid-attachments": valid, "cni.dev/attachments": valid });
      expect(host.cache.names()).toEqual(["mynet-c2-eth0"]);
    }),
  "cniVersion below 1.1.0": ({ area }) =>
    withTwo("1.0.0", async (runtime, host, list) => {
      if (area === "gc") {
        await runtime.add(list, CONTAINER);
        host.calls();
        await runtime.gc(list, []);
        expect(host.calls().map(({ command }) => command)).toEqual(["DEL", "DEL"]);
      } else {
        await runtime.status(list);
        expect(host.calls()).toEqual([]);
      }
    }),
  "ADD without CNI_NETNS, CNI_IFNAME and CNI_PATH": ({ error }) => {
    const { said } = callPlugin(
      { CNI_COMMAND: "ADD", CNI_CONTAINERID: "c1" },
      { cniVersion: "1.0.0", name: "x", type: "host-local" },
    );
    expect(said.code).toBe((error as { code: number }).code);
    expect(said.msg).toContain("CNI_NETNS,CNI_IFNAME,CNI_PATH");
  },
  "stdin has no cniVersion": () => {
    const env = { CNI_COMMAND: "ADD", CNI_CONTAINERID: "c1", CNI_NETNS: "/x", CNI_IFNAME: "eth0", CNI_PATH: "/x" };
    // firewall knows no version before 0.4.0, and names the one that it takes the configuration for.
    const { stdout } = spawnSync(join(PLUGINS ?? "", "firewall"), [], {
      env,
      input: json({ name: "x", type: "firewall" }),
      encoding: "utf8",
    });
    expect((JSON.parse(stdout) as { details: string }).details).toContain('config is "0.1.0"');
  },
  "CHECK and plugin or config below 0.4.0": ({ error }) => {
    const env = { CNI_COMMAND: "CHECK", CNI_CONTAINERID: "c1", CNI_NETNS: "/x", CNI_IFNAME: "eth0", CNI_PATH: "/x" };
    expect(callPlugin(env, { cniVersion: "0.3.1", name: "x", type: "host-local" }).said.code).toBe(
      (error as { code: number }).code,
    );
  },
  "unknown command": ({ error }) => {
    const env = { CNI_COMMAND: "foo", CNI_CONTAINERID: "c1", CNI_NETNS: "/x", CNI_IFNAME: "eth0", CNI_PATH: "/x" };
    expect(callPlugin(env, { cniVersion: "1.0.0", name: "x", type: "host-local" }).said).toMatchObject(error as object);
  },
  "the callback returns a types.Error": () =>
    withTwo("1.0.0", async (runtime, host, list) => {
      host.write("one.error", { cniVersion: "1.0.0", code: 120, msg: "no more room", details: "all of it" });
      const error = await failure(() => runtime.add(list, CONTAINER));
      expect(codeOf(error)).toBe(120);
      expect(error.message).toBe('plugin type="one" failed (add): no more room; all of it');
    }),
  "1.1.0 result in full": ({ expect: wanted }) =>
    expect(formatResult(parseResult(wanted as Readonly<Record<string, unknown>>), "1.1.0")).toEqual(wanted),
  "interface index 0": () => {
    const parsed = parseResult({
      cniVersion: "1.0.0",
      interfaces: [{ name: "eth0" }],
      ips: [{ interface: 0, address: "10.0.0.2/24" }],
    });
    expect(formatResult(parsed, "1.0.0")["ips"]).toEqual([{ interface: 0, address: "10.0.0.2/24" }]);
  },
  "converted to 0.2.0 or 0.1.0": async () => {
    const ips = [
      { address: "1.2.3.30/24", gateway: "1.2.3.1" },
      { address: "1.2.3.31/24" },
      { address: "abcd::cdde/64" },
    ];
    const parsed = parseResult({ cniVersion: "1.0.0", ips, routes: [{ dst: "15.5.6.0/24", gw: "15.5.6.8" }] });
    const routes = [{ dst: "15.5.6.0/24", gw: "15.5.6.8" }];
    for (const version of ["0.1.0", "0.2.0"] as const)
      expect(formatResult(parsed, version)).toMatchObject({
        ip4: { ip: "1.2.3.30/24", gateway: "1.2.3.1", routes },
        ip6: { ip: "abcd::cdde/64" },
      });
    expect((await failure(() => formatResult(parseResult({ cniVersion: "1.0.0" }), "0.2.0"))).message).toBe(
      "cannot convert: no valid IP addresses",
    );
  },
  "prevResult of unknown version": async () =>
    expect((await failure(() => parseResult({ cniVersion: "9.9.9" }))).message).toBe(
      'unsupported CNI result version "9.9.9"',
    ),
};

/** Cases that need the reference plugins. */
export const NEEDS_PLUGINS: ReadonlySet<string> = new Set(["skel"]);
export const PLUGINS_ABSENT = PLUGINS === undefined ? "needs the package containernetworking-plugins" : undefined;
