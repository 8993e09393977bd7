import { accessSync, constants, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sysctlMistake } from "../../../src/fabric/sysctl-value.ts";

describe("sysctl values", () => {
  test.each([
    ["net.ipv4.ip_forward", "1"],
    ["net.ipv4.conf.all.rp_filter", "2"],
    ["net.ipv4.tcp_congestion_control", "cubic"],
    ["net.ipv4.ip_local_port_range", "32768 60999"],
    ["net.ipv4.tcp_rmem", "4096\t131072 6291456"],
    ["net.ipv4.ip_local_reserved_ports", "30000-32767,8080"],
    ["net.ipv6.conf.eth0.mtu", "1280"],
    ["net.netfilter.nf_conntrack_udp_timeout", "30"],
    ["net.new.kind_of_thing", "what it may be"],
  ])("%s=%s", (key, value) => expect(sysctlMistake(key, value)).toBeUndefined());

  test.each([
    ["net.ipv4.ip_forward", "yes", "a whole number that fits into 32 bits"],
    ["net.ipv4.ip_forward", "1 2", "a whole number"],
    ["net.ipv4.ip_forward", "99999999999", "fits into 32 bits"],
    ["net.ipv4.ip_default_ttl", "0", "from 1 to 255"],
    ["net.ipv4.ip_default_ttl", "256", "from 1 to 255"],
    ["net.ipv4.ip_unprivileged_port_start", "65536", "from 0 to 65535"],
    ["net.ipv4.ip_local_port_range", "32768", "2 whole numbers"],
    ["net.ipv4.ip_local_port_range", "60999 32768", "the lower port first"],
    ["net.ipv4.tcp_rmem", "4096 131072", "3 whole numbers"],
    ["net.bridge.bridge-nf-call-iptables", "2", "from 0 to 1"],
    ["net.ipv6.conf.all.mtu", "1279", "from 1280"],
    ["net.netfilter.nf_conntrack_acct", "2", "from 0 to 1"],
    ["net.ipv4.icmp_echo_ignore_all", "-1", "from 0 to 1"],
  ])("%s=%s is refused", (key, value, hint) => expect(sysctlMistake(key, value)).toContain(hint));

  test("what this kernel has is taken", () => {
    const root = "/proc/sys/net";
    const refused: string[] = [];
    for (const name of readdirSync(root, { recursive: true, encoding: "utf8" })) {
      const path = join(root, name);
      try {
        if (!statSync(path).isFile()) continue;
        accessSync(path, constants.R_OK | constants.W_OK);
        const value = readFileSync(path, "utf8").trim();
        const key = `net.${name.replaceAll("/", ".")}`;
        if (value !== "" && sysctlMistake(key, value) !== undefined) refused.push(`${key}=${value}`);
      } catch {
        // gone meanwhile, or not ours to read
      }
    }
    expect(refused).toEqual([]);
  });
});
