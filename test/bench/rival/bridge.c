// The least that a bridge between WebSocket and TCP can be, as a mark for what others cost: `bridge <target port>` prints its own
// port and joins each WebSocket to the target. One thread, one epoll, no checks beyond the handshake's.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADER_MAX 10
#define READ_MAX (64 * 1024)

typedef struct Pair Pair;
typedef struct {
  Pair *pair;
  int fd;
  // What could not be written yet; nothing is read from the other side meanwhile.
  unsigned char *rest;
  size_t rest_from, rest_to;
} Side;
struct Pair {
  Side viewer, desktop;
  int joined, dead;
  // The request that is read, then the header of a frame.
  char request[2048];
  unsigned have;
  unsigned char mask[4], opcode;
  unsigned mask_at;
  uint64_t left;
  Pair *next_dead;
};

static int epoll, target;
static Pair *dead;
static unsigned char buffer[HEADER_MAX + READ_MAX];

static uint32_t rotate(uint32_t word, int bits) { return word << bits | word >> (32 - bits); }

/** SHA-1 (RFC 3174) of at most 119 bytes. */
static void sha1(const char *text, size_t length, unsigned char digest[20]) {
  unsigned char blocks[128] = {0};
  size_t count = length < 56 ? 1 : 2;
  uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}, w[80];
  memcpy(blocks, text, length);
  blocks[length] = 0x80;
  blocks[count * 64 - 2] = length * 8 >> 8;
  blocks[count * 64 - 1] = length * 8;
  for (size_t block = 0; block < count; block++) {
    for (int t = 0; t < 80; t++) {
      const unsigned char *at = blocks + block * 64 + t * 4;
      w[t] = t < 16 ? (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3] : rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    }
    uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int t = 0; t < 80; t++) {
      uint32_t f = t < 20 ? (b & c) | (~b & d) : t < 40 || t >= 60 ? b ^ c ^ d : (b & c) | (b & d) | (c & d);
      uint32_t k = t < 20 ? 0x5a827999 : t < 40 ? 0x6ed9eba1 : t < 60 ? 0x8f1bbcdc : 0xca62c1d6;
      uint32_t next = rotate(a, 5) + f + e + w[t] + k;
      e = d, d = c, c = rotate(b, 30), b = a, a = next;
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
  }
  for (int at = 0; at < 20; at++) digest[at] = h[at / 4] >> (24 - at % 4 * 8);
}

/** Of 20 bytes: 28 characters. */
static void base64(const unsigned char digest[20], char text[29]) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  unsigned char padded[21] = {0};
  memcpy(padded, digest, 20);
  for (int at = 0; at < 28; at++) {
    const unsigned char *three = padded + at / 4 * 3;
    uint32_t bits = three[0] << 16 | three[1] << 8 | three[2];
    text[at] = letters[bits >> (18 - at % 4 * 6) & 63];
  }
  text[27] = '=';
  text[28] = 0;
}

static void watch(Side *side, int how, unsigned events) {
  struct epoll_event event = {.events = events, .data.ptr = side};
  epoll_ctl(epoll, how, side->fd, &event);
}

static Side *other(Side *side) { return side == &side->pair->viewer ? &side->pair->desktop : &side->pair->viewer; }

static void take_in(Side *side, Pair *pair, int fd) {
  int yes = 1;
  *side = (Side){.pair = pair, .fd = fd};
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  watch(side, EPOLL_CTL_ADD, EPOLLIN);
}

/** Freed when no event of this turn can name it any more. */
static void end(Pair *pair) {
  if (pair->dead) return;
  pair->dead = 1;
  pair->next_dead = dead;
  dead = pair;
  close(pair->viewer.fd);
  if (pair->joined) close(pair->desktop.fd);
}

static void bury(void) {
  for (Pair *pair; (pair = dead);) {
    dead = pair->next_dead;
    free(pair->viewer.rest);
    free(pair->desktop.rest);
    free(pair);
  }
}

static void put(Side *side, const unsigned char *bytes, size_t length) {
  ssize_t done = write(side->fd, bytes, length);
  if (done < 0 && errno != EAGAIN) return end(side->pair);
  if (done == (ssize_t)length) return;
  size_t left = length - (done > 0 ? done : 0);
  side->rest = malloc(left);
  memcpy(side->rest, bytes + length - left, left);
  side->rest_from = 0;
  side->rest_to = left;
  watch(side, EPOLL_CTL_MOD, EPOLLOUT);
  watch(other(side), EPOLL_CTL_MOD, other(side)->rest ? EPOLLOUT : 0);
}

static void on_writable(Side *side) {
  ssize_t done = write(side->fd, side->rest + side->rest_from, side->rest_to - side->rest_from);
  if (done < 0) return errno == EAGAIN ? (void)0 : end(side->pair);
  side->rest_from += done;
  if (side->rest_from < side->rest_to) return;
  free(side->rest);
  side->rest = NULL;
  Side *opposite = other(side);
  watch(side, EPOLL_CTL_MOD, opposite->rest ? 0 : EPOLLIN);
  watch(opposite, EPOLL_CTL_MOD, opposite->rest ? EPOLLOUT : EPOLLIN);
}

/** Answers the upgrade and dials the target, once the request is whole. */
static void shake_hands(Pair *pair) {
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(target), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  ssize_t length = read(pair->viewer.fd, pair->request + pair->have, sizeof pair->request - 1 - pair->have);
  if (length <= 0) return end(pair);
  pair->have += length;
  pair->request[pair->have] = 0;
  if (!strstr(pair->request, "\r\n\r\n")) return;
  char *key = strcasestr(pair->request, "sec-websocket-key: "), joined[128], text[29], answer[256];
  unsigned char digest[20];
  if (!key) return end(pair);
  int size = snprintf(joined, sizeof joined, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key + 19);
  sha1(joined, size, digest);
  base64(digest, text);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (struct sockaddr *)&place, sizeof place) < 0) return close(fd), end(pair);
  size = snprintf(answer, sizeof answer,
                  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: binary\r\n"
                  "Sec-WebSocket-Accept: %s\r\n\r\n",
                  text);
  pair->joined = 1;
  pair->have = 0;
  take_in(&pair->desktop, pair, fd);
  put(&pair->viewer, (unsigned char *)answer, size);
}

/** Takes off masks and headers in place, and writes on what was in the frames of one read at once. */
static void from_viewer(Pair *pair) {
  ssize_t length = read(pair->viewer.fd, buffer, READ_MAX);
  if (length <= 0) return length < 0 && errno == EAGAIN ? (void)0 : end(pair);
  unsigned char *header = (unsigned char *)pair->request;
  size_t out = 0;
  for (ssize_t at = 0; at < length; at++) {
    if (pair->left > 0) {
      unsigned char byte = buffer[at] ^ pair->mask[pair->mask_at++ & 3];
      pair->left--;
      if (pair->opcode <= 2) buffer[out++] = byte;
      continue;
    }
    header[pair->have++] = buffer[at];
    unsigned code = header[1] & 0x7f, size = pair->have < 2 ? 2 : 4 + (code == 127 ? 10 : code == 126 ? 4 : 2);
    if (pair->have < size) continue;
    pair->opcode = header[0] & 0x0f;
    if (pair->opcode == 8) return end(pair);
    pair->left = size == 6 ? code : 0;
    for (unsigned byte = 2; byte < size - 4; byte++) pair->left = pair->left << 8 | header[byte];
    memcpy(pair->mask, header + size - 4, 4);
    pair->mask_at = pair->have = 0;
  }
  if (out > 0) put(&pair->desktop, buffer, out);
}

static void from_desktop(Pair *pair) {
  ssize_t length = read(pair->desktop.fd, buffer + HEADER_MAX, READ_MAX);
  if (length <= 0) return length < 0 && errno == EAGAIN ? (void)0 : end(pair);
  unsigned size = length < 126 ? 2 : length < 65536 ? 4 : 10;
  unsigned char *frame = buffer + HEADER_MAX - size;
  frame[0] = 0x82;
  frame[1] = size == 2 ? length : size == 4 ? 126 : 127;
  for (unsigned at = 2; at < size; at++) frame[at] = (uint64_t)length >> (size - 1 - at) * 8;
  put(&pair->viewer, frame, size + length);
}

int main(int argc, char **argv) {
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof place;
  struct rlimit files = {8192, 8192};
  struct epoll_event events[256];
  target = argc > 1 ? atoi(argv[1]) : 0;
  signal(SIGPIPE, SIG_IGN);
  setrlimit(RLIMIT_NOFILE, &files);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (bind(listener, (struct sockaddr *)&place, size) < 0 || listen(listener, 1024) < 0) return perror("listen"), 1;
  getsockname(listener, (struct sockaddr *)&place, &size);
  epoll = epoll_create1(0);
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN});
  fprintf(stderr, "listening on %d\n", ntohs(place.sin_port));
  for (;;) {
    int count = epoll_wait(epoll, events, 256, -1);
    for (int at = 0; at < count; at++) {
      Side *side = events[at].data.ptr;
      if (!side) {
        for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;) {
          Pair *pair = calloc(1, sizeof *pair);
          take_in(&pair->viewer, pair, fd);
        }
      } else if (side->pair->dead) continue;
      else if (events[at].events & EPOLLOUT && side->rest) on_writable(side);
      else if (events[at].events & (EPOLLHUP | EPOLLERR)) end(side->pair);
      else if (!side->pair->joined) shake_hands(side->pair);
      else if (side == &side->pair->viewer) from_viewer(side->pair);
      else from_desktop(side->pair);
    }
    bury();
  }
}
