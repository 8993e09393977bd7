/**
 * Network limits of EC2 instance types: from pkg/vpc/vpc_ip_resource_limit.go of aws/amazon-vpc-cni-k8s b5218838 (Apache-2.0), which is
 * generated from EC2's DescribeInstanceTypes; 1391 types. A line is `ENIsxADDRESSES HYPERVISOR [metal] [cards=N]:` and the types with
 * these limits, by size: `large=a1,c5` is a1.large and c5.large.
 */
export const INSTANCE_LIMITS = `
1x50 nitro cards=2: 32xlarge=hpc6id
2x2 nitro: micro=t3,t3a,t4g nano=t3,t3a,t4g
2x2 xen: micro=t1,t2 nano=t2
2x4 nitro: 2xlarge=g4ad medium=a1,c6g,c6gd,c6gn,c7a,c7g,c7gd,c7gn,c8a,c8g,c8gb,c8gd,c8gn,is4gen,m6g,m6gd,m7a,m7g,
  m7gd,m8a,m8g,m8gb,m8gd,m8gn,r6g,r6gd,r7a,r7g,r7gd,r8a,r8g,r8gb,r8gd,r8gn,x2gd,x8g small=t3a xlarge=g4ad
2x4 xen: small=m1
2x6 xen: medium=c1,m1,m3
2x10 nitro: large=g6f
2x10 xen: large=m4
2x15 nitro: 3xlarge=trn2
2x20 nitro: medium=c9g,c9gd,m9g,m9gd
2x50 nitro: 48xlarge=hpc6a
2x50 nitro cards=2: 12xlarge=hpc7a 24xlarge=hpc7a 48xlarge=hpc7a 96xlarge=hpc7a,hpc8a
2x50 nitro cards=16: 48xlarge=trn2
2x50 nitro cards=32: 48xlarge=p5,p5e
3x4 nitro: medium=m8azn small=t3,t4g
3x4 xen: small=t2
3x6 nitro: medium=t3,t3a,t4g
3x6 xen: medium=t2
3x10 nitro: 2xlarge=g4dn 4xlarge=g4ad,g4dn large=a1,c5,c5a,c5ad,c5d,c5n,c6a,c6g,c6gd,c6gn,c6i,c6id,c6in,c7a,c7g,
  c7gd,c7gn,c7i-flex,c7i,c8g,c8gb,c8gd,c8gn,i3en,i4g,i4i,i7i,i7ie,i8g,i8ge,im4gn,is4gen,m5,m5a,m5ad,m5d,m5dn,m5n,
  m5zn,m6a,m6g,m6gd,m6i,m6id,m6idn,m6in,m7a,m7g,m7gd,m7i-flex,m7i,m8g,m8gb,m8gd,m8gn,r5,r5a,r5ad,r5b,r5d,r5dn,r5n,
  r6a,r6g,r6gd,r6i,r6id,r6idn,r6in,r7a,r7g,r7gd,r7i,r7iz,r8g,r8gb,r8gd,r8gn,x2gd,x8g,z1d xlarge=g4dn
3x10 xen: large=c3,c4,i3,m1,m3,r3,r4 xlarge=x1e
3x12 nitro: large=t3,t3a,t4g
3x12 xen: large=t2
3x15 xen: 2xlarge=t2 xlarge=t2
3x20 nitro: 8xlarge=d3 large=c8a,c8i-flex,c8i,c8id,c9g,c9gd,m8a,m8i-flex,m8i,m8id,m9g,m9gd,r8a,r8i-flex,r8i,r8id,x8i
3x30 nitro: 12xlarge=d3en
4x3 nitro: xlarge=d3,d3en
4x5 nitro: 2xlarge=d3,d3en
4x10 nitro: 2xlarge=inf1 4xlarge=d3,d3en xlarge=inf1
4x15 nitro: 16xlarge=g4dn 2xlarge=a1,c5,c5a,c5ad,c5d,c5n,c6a,c6g,c6gd,c6gn,c6i,c6id,c6in,c7a,c7g,c7gd,c7gn,c7i-flex,
  c7i,c8g,c8gb,c8gd,c8gn,g5,g5g,g6,g6e,g6f,i3en,i4g,i4i,i7i,i7ie,i8g,i8ge,im4gn,is4gen,m5,m5a,m5ad,m5d,m5dn,m5n,
  m5zn,m6a,m6g,m6gd,m6i,m6id,m6idn,m6in,m7a,m7g,m7gd,m7i-flex,m7i,m8g,m8gb,m8gd,m8gn,r5,r5a,r5ad,r5b,r5d,r5dn,r5n,
  r6a,r6g,r6gd,r6i,r6id,r6idn,r6in,r7a,r7g,r7gd,r7i,r7iz,r8g,r8gb,r8gd,r8gn,t3,t3a,t4g,trn1,x2gd,x2iedn,x2iezn,x8g,
  z1d 3xlarge=i3en,i7ie,vt1 6xlarge=d3en 8xlarge=g4ad,g4dn xlarge=a1,c5,c5a,c5ad,c5d,c5n,c6a,c6g,c6gd,c6gn,c6i,c6id,
  c6in,c7a,c7g,c7gd,c7gn,c7i-flex,c7i,c8g,c8gb,c8gd,c8gn,g5,g5g,g6,g6e,g6f,i3en,i4g,i4i,i7i,i7ie,i8g,i8ge,im4gn,
  inf2,is4gen,m5,m5a,m5ad,m5d,m5dn,m5n,m5zn,m6a,m6g,m6gd,m6i,m6id,m6idn,m6in,m7a,m7g,m7gd,m7i-flex,m7i,m8g,m8gb,
  m8gd,m8gn,r5,r5a,r5ad,r5b,r5d,r5dn,r5n,r6a,r6g,r6gd,r6i,r6id,r6idn,r6in,r7a,r7g,r7gd,r7i,r7iz,r8g,r8gb,r8gd,r8gn,
  t3,t3a,t4g,x2gd,x2iedn,x8g,z1d
4x15 xen: 2xlarge=c3,c4,d2,f1,h1,i2,i3,m4,p3,r3,r4,x1e 4xlarge=x1e 8xlarge=x1e xlarge=c1,c3,c4,d2,i2,i3,m1,m2,m3,m4,
  r3,r4
4x20 nitro: 8xlarge=d3en large=c8ib,c8in,c8ine,m8azn,m8ib,m8idb,m8idn,m8in,m8ine,r8ib,r8idb,r8idn,r8in,x8aedz
  xlarge=c8a,m8a,m8azn,r8a,x8aedz
4x30 nitro: 2xlarge=c8i-flex,c8i,c8ib,c8id,c8in,c8ine,c9g,c9gd,m8i-flex,m8i,m8ib,m8id,m8idb,m8idn,m8in,m8ine,m9g,
  m9gd,r8i-flex,r8i,r8ib,r8id,r8idb,r8idn,r8in,x8i 4xlarge=p5 xlarge=c8i-flex,c8i,c8ib,c8id,c8in,c8ine,c9g,c9gd,
  m8i-flex,m8i,m8ib,m8id,m8idb,m8idn,m8in,m8ine,m9g,m9gd,r8i-flex,r8i,r8ib,r8id,r8idb,r8idn,r8in,x8i
4x30 xen: 2xlarge=m2,m3
4x40 nitro: 2xlarge=c8a,m8a,r8a
4x50 nitro: 16xlarge=hpc7g 4xlarge=hpc7g 8xlarge=hpc7g
4x50 nitro cards=8: 48xlarge=p6-b200
4x50 nitro cards=16: 48xlarge=p5en
4x50 nitro cards=17: 48xlarge=p6-b300
4x64 nitro: 2xlarge=g7,g7e
5x30 unknown metal: metal=u-12tb1,u-6tb1,u-9tb1
5x50 nitro cards=8: 32xlarge=trn1
5x50 nitro cards=16: 32xlarge=trn1n
6x30 nitro: 3xlarge=i8ge
7x50 nitro: 48xlarge=g5
8x30 nitro: 12xlarge=c5,c5a,c5ad,c5d,c6a,c6g,c6gd,c6gn,c6i,c6id,c6in,c7a,c7g,c7gd,c7gn,c7i-flex,c7i,c8g,c8gd,f2,
  g4dn,g6,i3en,i4i,i7i,i8g,m5,m5a,m5ad,m5d,m5dn,m5n,m6a,m6g,m6gd,m6i,m6id,m6idn,m6in,m7a,m7g,m7gd,m7i-flex,m7i,m8g,
  m8gd,r5,r5a,r5ad,r5b,r5d,r5dn,r5n,r6a,r6g,r6gd,r6i,r6id,r6idn,r6in,r7a,r7g,r7gd,r7i,r7iz,r8g,r8gd,x2gd,x8g
  16xlarge=g4ad,g5 3xlarge=m5zn,z1d 4xlarge=a1,c5,c5a,c5ad,c5d,c5n,c6a,c6g,c6gd,c6gn,c6i,c6id,c6in,c7a,c7g,c7gd,
  c7gn,c7i-flex,c7i,c8g,c8gb,c8gd,c8gn,g5,g5g,g6,g6e,g6f,gr6,gr6f,i4g,i4i,i7i,i8g,im4gn,is4gen,m5,m5a,m5ad,m5d,m5dn,
  m5n,m6a,m6g,m6gd,m6i,m6id,m6idn,m6in,m7a,m7g,m7gd,m7i-flex,m7i,m8g,m8gb,m8gd,m8gn,r5,r5a,r5ad,r5b,r5d,r5dn,r5n,
  r6a,r6g,r6gd,r6i,r6id,r6idn,r6in,r7a,r7g,r7gd,r7i,r7iz,r8g,r8gb,r8gd,r8gn,x2gd,x2iedn,x2iezn,x8g 56xlarge=u-3tb1
  6xlarge=f2,i3en,i7ie,inf1,m5zn,vt1,x2iezn,z1d 8xlarge=c5a,c5ad,c6a,c6g,c6gd,c6gn,c6i,c6id,c6in,c7a,c7g,c7gd,c7gn,
  c7i-flex,c7i,c8g,c8gd,g5,g5g,g6,g6e,gr6,i4g,i4i,i7i,i8g,im4gn,inf2,is4gen,m5,m5a,m5ad,m5d,m5dn,m5n,m6a,m6g,m6gd,
  m6i,m6id,m6idn,m6in,m7a,m7g,m7gd,m7i-flex,m7i,m8g,m8gd,r5,r5a,r5ad,r5b,r5d,r5dn,r5n,r6a,r6g,r6gd,r6i,r6id,r6idn,
  r6in,r7a,r7g,r7gd,r7i,r7iz,r8g,r8gd,x2gd,x2iedn,x2iezn,x8g 9xlarge=c5,c5d,c5n
8x30 unknown: 8xlarge=cr1,hs1
8x30 unknown metal: metal=a1,mac-m3ultra,mac-m4,mac-m4max,mac-m4pro,mac1,mac2-m1ultra,mac2-m2,mac2-m2pro,mac2
8x30 xen: 10xlarge=m4 16xlarge=m4,p3,x1,x1e 32xlarge=x1,x1e 4xlarge=c3,c4,d2,f1,h1,i2,i3,m2,m4,r3,r4 8xlarge=c3,c4,
  d2,h1,i2,i3,p3,r3,r4
8x40 nitro: 3xlarge=m8azn,x8aedz 4xlarge=c8a,m8a,r8a 6xlarge=m8azn,x8aedz
8x50 nitro: 12xlarge=i7ie 4xlarge=c8i-flex,c8i,c8ib,c8id,c8in,c8ine,c9g,c9gd,m8i-flex,m8i,m8ib,m8id,m8idb,m8idn,
  m8in,m8ine,m9g,m9gd,r8i-flex,r8i,r8ib,r8id,r8idb,r8idn,r8in,x8i 8xlarge=c8ib,c8in,c8ine,m8ib,m8idb,m8idn,m8in,
  m8ine,r8ib,r8idb,r8idn,r8in
8x50 nitro cards=2: 224xlarge=u7in-16tb,u7in-24tb,u7in-32tb 32xlarge=c6in,m6idn,m6in,r6idn,r6in
8x50 unknown metal cards=2: metal=c6in,m6idn,m6in,r6idn,r6in
8x50 xen: 16xlarge=f1,h1
8x64 nitro: 4xlarge=g7,g7e 8xlarge=g7e
10x30 nitro: 12xlarge=g6e 6xlarge=i8ge 8xlarge=c8gb,c8gn,m8gb,m8gn,r8gb,r8gn
10x40 nitro: 8xlarge=c8a,m8a,r8a
10x50 nitro: 8xlarge=c8i-flex,c8i,c8id,c9g,c9gd,m8i-flex,m8i,m8id,m9g,m9gd,r8i-flex,r8i,r8id,x8i
10x50 nitro cards=2: 24xlarge=g6e
10x50 nitro cards=4: 48xlarge=g6e
10x64 nitro: 12xlarge=g7e 8xlarge=g7
10x64 nitro cards=2: 24xlarge=g7e
10x64 nitro cards=4: 48xlarge=g7e
11x30 nitro: 24xlarge=inf1
12x30 nitro: 12xlarge=c8gb,c8gn,i8ge,m8gb,m8gn,r8gb,r8gn
12x50 nitro: 12xlarge=c8i-flex,c8i,c8ib,c8id,c8in,c8ine,c9g,c9gd,m8i-flex,m8i,m8ib,m8id,m8idb,m8idn,m8in,m8ine,m9g,
  m9gd,r8i-flex,r8i,r8ib,r8id,r8idb,r8idn,r8in,x8i
12x50 nitro cards=2: 48xlarge=c8gb,c8gn,m8gb,m8gn,r8gb,r8gn
12x50 unknown metal cards=2: metal-48xl=c8gb,c8gn,m8gb,m8gn,r8gb,r8gn
12x64 nitro: 12xlarge=c8a,g7,m8a,r8a
12x64 nitro cards=2: 48xlarge=g7 96xlarge=c8ib,c8in,m8ib,m8idb,m8idn,m8in,r8ib,r8idb,r8idn,r8in
12x64 unknown metal cards=2: metal-96xl=c8ib,c8in,m8ib,m8idb,m8idn,m8in,r8ib,r8idb,r8idn,r8in
15x30 nitro: 24xlarge=i4i
15x50 nitro: 112xlarge=u-6tb1,u7i-6tb,u7i-8tb 12xlarge=g5,m5zn,x2iezn,z1d 16xlarge=c5a,c5ad,c6a,c6g,c6gd,c6gn,c6i,
  c6id,c6in,c7a,c7g,c7gd,c7gn,c7i-flex,c7i,c8g,c8gd,g5g,g6,g6e,i4g,i4i,i7i,i8g,im4gn,m5,m5a,m5ad,m5d,m5dn,m5n,m6a,
  m6g,m6gd,m6i,m6id,m6idn,m6in,m7a,m7g,m7gd,m7i-flex,m7i,m8g,m8gd,r5,r5a,r5ad,r5b,r5d,r5dn,r5n,r6a,r6g,r6gd,r6i,
  r6id,r6idn,r6in,r7a,r7g,r7gd,r7i,r7iz,r8g,r8gd,x2gd,x2idn,x2iedn,x8g 18xlarge=c5,c5d,c5n,i7ie 224xlarge=u7i-12tb
  24xlarge=c5,c5a,c5ad,c5d,c6a,c6i,c6id,c6in,c7a,c7i,c8g,c8gd,dl2q,g5,g6,i3en,i7i,i7ie,i8g,inf2,m5,m5a,m5ad,m5d,
  m5dn,m5n,m6a,m6i,m6id,m6idn,m6in,m7a,m7i,m8g,m8gd,p3dn,r5,r5a,r5ad,r5b,r5d,r5dn,r5n,r6a,r6i,r6id,r6idn,r6in,r7a,
  r7i,r8g,r8gd,vt1,x2idn,x2iedn,x8g 32xlarge=c6a,c6i,c6id,c7a,c7i,i4i,m6a,m6i,m6id,m7a,r6a,r6i,r6id,r7a,r7iz,x2idn,
  x2iedn 48xlarge=c6a,c7a,c7i,c8g,c8gd,f2,g6,i7i,i7ie,i8g,inf2,m6a,m7a,m7i,m8g,m8gd,r6a,r7a,r7i,r8g,r8gd,x8g
  56xlarge=u-6tb1
15x50 nitro cards=4: 24xlarge=dl1,p4d,p4de
15x50 nitro metal: metal=c7g
15x50 unknown metal: metal=bmn-sf1,c5,c5a,c5ad,c5d,c5n,c6a,c6g,c6gd,c6i,c6id,c7gd,c7gn,g4dn,g5g,i3en,i4i,m5,m5d,
  m5dn,m5n,m5zn,m6a,m6g,m6gd,m6i,m6id,m7g,m7gd,r5,r5b,r5d,r5dn,r5n,r6a,r6g,r6gd,r6i,r6id,r7g,r7gd,u-18tb1,u-24tb1,
  x2gd,x2idn,x2iedn,x2iezn,z1d metal-16xl=r7iz metal-24xl=c7i,c8g,c8gd,i7i,i7ie,i8g,m7i,m8g,m8gd,r7i,r8g,r8gd,x8g
  metal-32xl=r7iz metal-48xl=c7a,c7i,c8g,c8gd,i7i,i7ie,i8g,m7a,m7i,m8g,m8gd,r7a,r7i,r8g,r8gd,x8g
15x50 xen: 16xlarge=i3,r4
16x50 nitro: 16xlarge=c8gb,c8gn,m8gb,m8gn,r8gb,r8gn 18xlarge=i8ge 24xlarge=i8ge
16x50 unknown metal: metal-24xl=i8ge
16x64 nitro: 12xlarge=m8azn,x8aedz 16xlarge=c8a,c8i-flex,c8i,c8ib,c8id,c8in,c9g,c9gd,m8a,m8i-flex,m8i,m8ib,m8id,
  m8idb,m8idn,m8in,m9g,m9gd,r8a,r8i-flex,r8i,r8ib,r8id,r8idb,r8idn,r8in,x8i 24xlarge=c8a,c8i,c8ib,c8id,c8in,m8a,
  m8azn,m8i,m8ib,m8id,m8idb,m8idn,m8in,r8a,r8i,r8ib,r8id,r8idb,r8idn,r8in,x8aedz,x8i 32xlarge=c8ib,c8in,m8ib,m8idb,
  m8idn,m8in,r8ib,r8idb,r8idn,r8in
16x64 unknown metal: metal-12xl=m8azn,x8aedz metal-24xl=c8a,m8a,m8azn,r8a,x8aedz
24x50 nitro: 24xlarge=c8gb,c8gn,m8gb,m8gn,r8gb,r8gn 48xlarge=i8ge
24x50 unknown metal: metal-24xl=c8gb,c8gn,m8gb,m8gn,r8gb,r8gn metal-48xl=i8ge
24x64 nitro: 24xlarge=c9g,c9gd,g7,m9g,m9gd 32xlarge=c8i,c8id,m8i,m8id,r8i,r8id,x8i 48xlarge=c8a,c8i,c8ib,c8id,c8in,
  c9g,c9gd,m8a,m8i,m8ib,m8id,m8idb,m8idn,m8in,m9g,m9gd,r8a,r8i,r8ib,r8id,r8idb,r8idn,r8in,x8i 64xlarge=x8i
  96xlarge=c8i,c8id,m8i,m8id,r8i,r8id,x8i
24x64 unknown metal: metal-48xl=c8a,c8i,c8ib,c8id,c8in,c9g,c9gd,m8a,m8i,m8ib,m8id,m8idb,m8idn,m8in,m9g,m9gd,r8a,r8i,
  r8ib,r8id,r8idb,r8idn,r8in,x8i metal-96xl=c8i,c8id,m8i,m8id,r8i,r8id,x8i
`;
