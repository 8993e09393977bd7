import { describe, expect, it } from "vitest";
import { roleOf } from "../../../../src/kube/pod/image-role.ts";

describe("what a well-known image does", () => {
  it.each([
    "registry.k8s.io/ingress-nginx/controller:v1.14.0@sha256:00",
    "k8s.gcr.io/ingress-nginx/controller:v1.1.0",
    "mirror.example:5000/k8s/ingress-nginx/controller-chroot:v1.14.0",
    "ingress-nginx/controller",
  ])("%s is the controller", (image) => {
    expect(roleOf(image, [])).toEqual({ controller: "ingress-nginx", flags: {} });
  });

  it.each(["nginx", "registry.example/my-ingress-nginx/controller", "ingress-nginx/controller-tools", undefined])(
    "%s is an ordinary image",
    (image) => expect(roleOf(image, [])).toBeUndefined(),
  );

  it("reads flags as pflag does", () => {
    const words = ["/nginx-ingress-controller", "--ingress-class=nginx", "--configmap", "ns/name", "--v=2", "--watch"];
    expect(roleOf("ingress-nginx/controller", words)?.flags).toEqual({
      "--ingress-class": "nginx",
      "--configmap": "ns/name",
      "--v": "2",
      "--watch": "true",
    });
  });
});
