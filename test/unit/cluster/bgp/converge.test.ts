import { describe, expect, test } from "vitest";
import { convergeBgp } from "../../../../src/cluster/bgp/converge.ts";
import type { BgpNeighbour, BgpPath, BgpSpeaker } from "../../../../src/cluster/bgp/model.ts";
import { meshOf } from "../../../../src/cluster/bgp/sessions.ts";

const cause = { object: "test", reason: "test" };

function speaker(index: number, more: Partial<BgpSpeaker> = {}): BgpSpeaker {
  const id = `10.0.0.${index}`;
  return {
    name: `r${index}`,
    asn: 64512,
    routerId: id,
    address: { ipv4: id },
    ecmp: 1,
    routes: [{ prefix: `10.244.${index}.0/24`, cause }],
    neighbours: [],
    ...more,
  };
}

const to = (index: number, more: Partial<BgpNeighbour> = {}): BgpNeighbour => ({
  name: `to_r${index}`,
  address: `10.0.0.${index}`,
  asn: 64512,
  cause,
  ...more,
});

function meshed(speakers: readonly BgpSpeaker[]): readonly BgpSpeaker[] {
  const mesh = meshOf(speakers, cause);
  return speakers.map((one) => ({ ...one, neighbours: mesh.get(one.name) ?? [] }));
}

/** `r1: 10.244.2.0/24 via 10.0.0.2 <- r2`. */
function lines(speakers: readonly BgpSpeaker[]): readonly string[] {
  const { tables } = convergeBgp(speakers);
  return [...tables].flatMap(([name, table]) =>
    [...table].map(([prefix, { best, used }]) =>
      [`${name}: ${prefix}`, ...used.map(({ nextHop }) => `via ${nextHop}`), `<- ${best.way.join(" ")}`]
        .join(" ")
        .trim(),
    ),
  );
}

const find = (speakers: readonly BgpSpeaker[], name: string, prefix: string) =>
  convergeBgp(speakers).tables.get(name)?.get(prefix);

describe("a full mesh", () => {
  test("everyone learns everyone's routes from their owners, one hop away", () => {
    expect(lines(meshed([1, 2, 3].map((index) => speaker(index))))).toEqual([
      "r1: 10.244.1.0/24 <-",
      "r1: 10.244.2.0/24 via 10.0.0.2 <- r2",
      "r1: 10.244.3.0/24 via 10.0.0.3 <- r3",
      "r2: 10.244.1.0/24 via 10.0.0.1 <- r1",
      "r2: 10.244.2.0/24 <-",
      "r2: 10.244.3.0/24 via 10.0.0.3 <- r3",
      "r3: 10.244.1.0/24 via 10.0.0.1 <- r1",
      "r3: 10.244.2.0/24 via 10.0.0.2 <- r2",
      "r3: 10.244.3.0/24 <-",
    ]);
  });

  test("what is learned within the AS is not passed on: a session less is a route less", () => {
    const speakers = [
      speaker(1, { neighbours: [to(2)] }),
      speaker(2, { neighbours: [to(1), to(3)] }),
      speaker(3, { neighbours: [to(2)] }),
    ];
    expect(find(speakers, "r1", "10.244.3.0/24")).toBeUndefined();
    expect(find(speakers, "r2", "10.244.3.0/24")?.best.nextHop).toBe("10.0.0.3");
  });

  test("in two families", () => {
    const speakers = meshed(
      [1, 2].map((index) =>
        speaker(index, {
          address: { ipv4: `10.0.0.${index}`, ipv6: `fd00::${index}` },
          routes: [{ prefix: `fd00:${index}::/64`, cause }],
        }),
      ),
    );
    expect(find(speakers, "r1", "fd00:2::/64")?.best).toMatchObject({
      nextHop: "fd00::2",
      from: { name: "Mesh_fd00__2" },
    });
  });
});

describe("route reflectors", () => {
  const reflector = (index: number, clients: readonly number[], more: Partial<BgpSpeaker> = {}): BgpSpeaker =>
    speaker(index, { clusterId: "1.0.0.1", neighbours: clients.map((one) => to(one, { client: true })), ...more });

  test("reflect between clients: the next hop stays, originator and cluster are noted", () => {
    const speakers = [reflector(1, [2, 3]), speaker(2, { neighbours: [to(1)] }), speaker(3, { neighbours: [to(1)] })];
    expect(find(speakers, "r3", "10.244.2.0/24")?.best).toMatchObject({
      nextHop: "10.0.0.2",
      way: ["r2", "r1"],
      originator: "10.0.0.2",
      clusters: ["1.0.0.1"],
    });
  });

  test("send a client's route not back to it, nor to a reflector of their own cluster", () => {
    const speakers = [
      reflector(1, [3], { neighbours: [to(3, { client: true }), to(2)] }),
      reflector(2, [3], { neighbours: [to(3, { client: true }), to(1)] }),
      speaker(3, { neighbours: [to(1), to(2)] }),
    ];
    const { tables, refusals } = convergeBgp(speakers);
    expect(tables.get("r1")?.get("10.244.3.0/24")?.others).toEqual([]);
    expect(refusals).toContainEqual({
      speaker: "r1",
      neighbour: "to_r2",
      direction: "import",
      prefix: "10.244.3.0/24",
      why: "its own cluster is in the cluster list: a loop",
    });
  });

  test("of two that reflect the same route the one with the lower address is used", () => {
    const speakers = [
      reflector(1, [3, 4], { clusterId: "1.0.0.1" }),
      reflector(2, [3, 4], { clusterId: "2.0.0.2" }),
      speaker(3, { neighbours: [to(1), to(2)] }),
      speaker(4, { neighbours: [to(1), to(2)] }),
    ];
    const entry = find(speakers, "r4", "10.244.3.0/24");
    expect(entry?.best.way).toEqual(["r3", "r1"]);
    expect(entry?.why).toBe("lower neighbour address (10.0.0.1 < 10.0.0.2)");
    expect(entry?.others.map(({ path }) => path.way)).toEqual([["r3", "r2"]]);
  });

  test("a client that is fed its own route refuses it", () => {
    const speakers = [
      reflector(1, [3], { clusterId: "1.0.0.1", neighbours: [to(3, { client: true }), to(2, { client: true })] }),
      reflector(2, [3], { clusterId: "2.0.0.2", neighbours: [to(3, { client: true }), to(1, { client: true })] }),
      speaker(3, { neighbours: [to(1), to(2)] }),
    ];
    expect(convergeBgp(speakers).refusals.filter(({ speaker: name }) => name === "r3")).toEqual([]);
    expect(find(speakers, "r3", "10.244.3.0/24")?.best.way).toEqual([]);
  });
});

describe("other ASes", () => {
  const chain = (more: Partial<BgpNeighbour> = {}): readonly BgpSpeaker[] => [
    speaker(1, { asn: 65001, neighbours: [to(2, { asn: 65002 })] }),
    speaker(2, { asn: 65002, neighbours: [to(1, { asn: 65001, ...more }), to(3, { asn: 65003, ...more })] }),
    speaker(3, { asn: 65003, neighbours: [to(2, { asn: 65002 })] }),
  ];

  test("pass routes on with their own AS and address", () => {
    expect(find(chain(), "r3", "10.244.1.0/24")?.best).toMatchObject({ asPath: [65002, 65001], nextHop: "10.0.0.2" });
  });

  test("keep the next hop where asked to, or where it is on the same link", () => {
    expect(find(chain({ nextHop: "keep" }), "r3", "10.244.1.0/24")?.best.nextHop).toBe("10.0.0.1");
    expect(find(chain({ link: "lan" }), "r3", "10.244.1.0/24")?.best.nextHop).toBe("10.0.0.1");
  });

  test("a route that went through the own AS is a loop, unless that is allowed", () => {
    const around = (ownAs: number): readonly BgpSpeaker[] => [
      speaker(1, { asn: 65001, neighbours: [to(2, { asn: 65002 })] }),
      speaker(2, { asn: 65002, neighbours: [to(1, { asn: 65001 }), to(3, { asn: 65001 })] }),
      speaker(3, { asn: 65001, neighbours: [to(2, { asn: 65002, ownAs })] }),
    ];
    expect(find(around(0), "r3", "10.244.1.0/24")).toBeUndefined();
    expect(find(around(1), "r3", "10.244.1.0/24")?.best.asPath).toEqual([65002, 65001]);
    expect(convergeBgp(around(0)).refusals).toContainEqual(
      expect.objectContaining({ speaker: "r3", why: "its own AS 65001 is in the AS path: a loop" }),
    );
  });

  test("what is learned from another AS goes to all of the own, with its next hop", () => {
    const speakers = [
      speaker(1, { neighbours: [to(2), to(9, { asn: 65009 })] }),
      speaker(2, { neighbours: [to(1)] }),
      speaker(9, { asn: 65009, neighbours: [to(1)] }),
    ];
    expect(find(speakers, "r2", "10.244.9.0/24")?.best).toMatchObject({ nextHop: "10.0.0.9", asPath: [65009] });
    const self = speakers.with(0, { ...speaker(1), neighbours: [to(2, { nextHop: "self" }), to(9, { asn: 65009 })] });
    expect(find(self, "r2", "10.244.9.0/24")?.best.nextHop).toBe("10.0.0.1");
  });

  test("a local AS is what the neighbour sees", () => {
    const speakers = [
      speaker(1, { neighbours: [to(2, { asn: 65002, localAs: 65100 })] }),
      speaker(2, { asn: 65002, neighbours: [to(1, { asn: 65100 })] }),
    ];
    expect(find(speakers, "r2", "10.244.1.0/24")?.best.asPath).toEqual([65100]);
  });
});

describe("several ways", () => {
  /** r1 and r2 announce the same prefix to r3. */
  function anycast(more: Partial<BgpSpeaker>, sent: Partial<BgpNeighbour> = {}): readonly BgpSpeaker[] {
    const routes = [{ prefix: "10.96.0.0/16", cause }];
    return [
      speaker(1, { routes, neighbours: [to(3, sent)] }),
      speaker(2, { routes, neighbours: [to(3)] }),
      speaker(3, { neighbours: [to(1), to(2)], ...more }),
    ];
  }

  test("of the same rank are used together, as many as the speaker takes", () => {
    const entry = find(anycast({ ecmp: 4 }), "r3", "10.96.0.0/16");
    expect(entry?.used.map(({ nextHop }) => nextHop)).toEqual(["10.0.0.1", "10.0.0.2"]);
    expect(entry?.why).toBe("one of 2 of the same rank");
    const single = find(anycast({}), "r3", "10.96.0.0/16");
    expect(single?.used.map(({ nextHop }) => nextHop)).toEqual(["10.0.0.1"]);
    expect(single?.others.map(({ why }) => why)).toEqual(["lower router id (10.0.0.1 < 10.0.0.2)"]);
  });

  test("a higher local preference wins", () => {
    const prefer = (path: BgpPath): BgpPath => ({ ...path, localPref: 50 });
    const entry = find(anycast({ ecmp: 4 }, { export: prefer }), "r3", "10.96.0.0/16");
    expect(entry?.used.map(({ nextHop }) => nextHop)).toEqual(["10.0.0.2"]);
    expect(entry?.why).toBe("higher local preference (100 > 50)");
  });

  test("a speaker's own route wins over those that it learns", () => {
    const entry = find(anycast({ routes: [{ prefix: "10.96.0.0/16", cause }] }), "r3", "10.96.0.0/16");
    expect(entry?.used).toEqual([]);
    expect(entry?.why).toBe("higher preference (200 > 100)");
  });

  test("a reflector sends the best alone, and all of them with ADD-PATH", () => {
    const reflected = (addPaths: boolean): readonly BgpSpeaker[] => [
      ...anycast({ neighbours: [to(1), to(2), to(4, { client: true, addPaths })] }),
      speaker(4, { ecmp: 4, neighbours: [to(3)] }),
    ];
    const hops = (addPaths: boolean) =>
      find(reflected(addPaths), "r4", "10.96.0.0/16")?.used.map(({ nextHop }) => nextHop);
    expect(hops(false)).toEqual(["10.0.0.1"]);
    expect(hops(true)).toEqual(["10.0.0.1", "10.0.0.2"]);
  });

  test("a next hop that the speaker has no route to does not count", () => {
    const entry = find(anycast({ reaches: (nextHop) => nextHop !== "10.0.0.1" }), "r3", "10.96.0.0/16");
    expect(entry?.best.nextHop).toBe("10.0.0.2");
  });
});

test("filters change and refuse routes; refusals are listed", () => {
  const speakers = [
    speaker(1, { neighbours: [to(2, { export: (path) => ({ ...path, communities: ["65000:1"] }) })] }),
    speaker(2, {
      neighbours: [to(1, { import: (path) => (path.communities.includes("65000:1") ? "community 65000:1" : path) })],
    }),
  ];
  const { tables, refusals } = convergeBgp(speakers);
  expect(tables.get("r2")?.has("10.244.1.0/24")).toBe(false);
  expect(refusals).toEqual([
    { speaker: "r2", neighbour: "to_r1", direction: "import", prefix: "10.244.1.0/24", why: "community 65000:1" },
  ]);
});

describe("sessions that stay down", () => {
  const whys = (speakers: readonly BgpSpeaker[]) =>
    convergeBgp(speakers).sessions.flatMap((one) =>
      one.state === "down" ? [`${one.end.speaker} ${one.end.neighbour.name}: ${one.why}`] : [],
    );

  test.each([
    ["nobody is there", [speaker(1, { neighbours: [to(9)] })], ["r1 to_r9: nothing speaks BGP at 10.0.0.9"]],
    ["one side alone", [speaker(1, { neighbours: [to(2)] }), speaker(2)], ["r1 to_r2: r2 has no neighbour 10.0.0.1"]],
    [
      "the wrong AS",
      [speaker(1, { neighbours: [to(2, { asn: 65000 })] }), speaker(2, { neighbours: [to(1)] })],
      [
        "r1 to_r2: r2 is in AS 64512, and not in 65000 (Bad peer AS)",
        "r2 to_r1: r1 expects AS 65000, and not 64512 (Bad peer AS)",
      ],
    ],
    [
      "both wait",
      [speaker(1, { neighbours: [to(2, { passive: true })] }), speaker(2, { neighbours: [to(1, { passive: true })] })],
      [
        "r1 to_r2: both ends wait for the other to connect (passive)",
        "r2 to_r1: both ends wait for the other to connect (passive)",
      ],
    ],
    [
      "two entries for one address",
      [speaker(1, { neighbours: [to(2), to(2, { name: "again" })] }), speaker(2, { neighbours: [to(1)] })],
      ["r1 again: 10.0.0.2 is to_r2 already"],
    ],
  ])("%s", (_name, speakers, expected) => {
    expect(whys(speakers)).toEqual(expected);
  });
});

test("speakers that never agree are listed", () => {
  // Griffin's bad gadget: each prefers the way over its neighbour to the direct one, as long as that goes direct.
  const prefer = (path: BgpPath): BgpPath | string =>
    path.asPath.length > 2 ? "too long" : { ...path, localPref: path.asPath.length * 100 };
  const member = (index: number, next: number, before: number): BgpSpeaker =>
    speaker(index, {
      asn: 65000 + index,
      routes: [],
      neighbours: [9, next, before].map((other) =>
        to(other, { asn: 65000 + other, import: other === before ? () => "not from there" : prefer }),
      ),
    });
  const centre = speaker(9, { asn: 65009, neighbours: [1, 2, 3].map((other) => to(other, { asn: 65000 + other })) });
  const { unstable } = convergeBgp([centre, member(1, 2, 3), member(2, 3, 1), member(3, 1, 2)]);
  expect(unstable).toEqual(["10.244.9.0/24"]);
});
