// Two certificates of nobody, for localhost and this machine's loopback address, each with its key: made by openssl for these tests,
// good until 2126, and known to all the world.
import type { Certificate } from '../../src/daemon/certificate.ts';

export const ONE: Certificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBnDCCAUKgAwIBAgIUDHY4GrA1a42nZLyehuFG5C0x7fIwCgYIKoZIzj0EAwIw
DjEMMAoGA1UEAwwDb25lMCAXDTI2MTEyNTE3MzIwMFoYDzIxMjYxMTAxMTczMjAw
WjAOMQwwCgYDVQQDDANvbmUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAR2wvCQ
iFR9WEpcq1q0d5Ies/S2jfq04G3DFpPY/webGc+uHxkphrOYMqdo82fbuwvYngPx
Yxw2izE0UR3NiO+Ro3wwejAdBgNVHQ4EFgQUbvbkmkgqmopAfuuCicbFvwJbMPgw
HwYDVR0jBBgwFoAUbvbkmkgqmopAfuuCicbFvwJbMPgwDwYDVR0TAQH/BAUwAwEB
/zAnBgNVHREEIDAegglsb2NhbGhvc3SCCyoubG9jYWxob3N0hwR/AAABMAoGCCqG
SM49BAMCA0gAMEUCIQC1x01VnywZxnCCBcpYO4/tYe2vea24jUOWcOZnXEX4DwIg
Iq1zwx9nD6XakBuwJepiPFNRI7dXZ5h716F8PoNw7/A=
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg5AYDdqSkHfiH0Otw
uWUyvnLfNCm+faTP1DTlRgjfK0KhRANCAAR2wvCQiFR9WEpcq1q0d5Ies/S2jfq0
4G3DFpPY/webGc+uHxkphrOYMqdo82fbuwvYngPxYxw2izE0UR3NiO+R
-----END PRIVATE KEY-----
`,
};

export const TWO: Certificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBnTCCAUKgAwIBAgIUVqkmM/U8TQrlE06EW0cUzHg6S6UwCgYIKoZIzj0EAwIw
DjEMMAoGA1UEAwwDdHdvMCAXDTI2MTEyNTE3MzIwMFoYDzIxMjYxMTAxMTczMjAw
WjAOMQwwCgYDVQQDDAN0d28wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQx/GJg
+/r4kgK14Mn1WeOtnAnXNnmuV4wQ7YGtzmHJ0yw7B0E5/oiMhRLmsLgNsgRz8JUq
LUJw44GHZ+sxWNWDo3wwejAdBgNVHQ4EFgQUkSuuscSrS8cxPnxNpVWFnEJ4HWww
HwYDVR0jBBgwFoAUkSuuscSrS8cxPnxNpVWFnEJ4HWwwDwYDVR0TAQH/BAUwAwEB
/zAnBgNVHREEIDAegglsb2NhbGhvc3SCCyoubG9jYWxob3N0hwR/AAABMAoGCCqG
SM49BAMCA0kAMEYCIQD+Vw0dbmQ0XckAFxNURwZM91Txhu16UG0xS5nXqukVGAIh
APGpSUmdeoytkIen/X8cSHkFWLrrnoX0ZXWmaKd70fwC
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/soaJ9sB1C5ZkFcl
5HkfCzQL7bTaHZbnJCzPSu2CfLWhRANCAAQx/GJg+/r4kgK14Mn1WeOtnAnXNnmu
V4wQ7YGtzmHJ0yw7B0E5/oiMhRLmsLgNsgRz8JUqLUJw44GHZ+sxWNWD
-----END PRIVATE KEY-----
`,
};
