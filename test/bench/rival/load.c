// The load for a bridge to RFB, of little cost itself: a server that stands for the desktops, and viewers that come to them through
// the bridge, by WebSocket or raw TCP, each with the whole handshake of RFB. Prints its port, then answers one line to each line:
//   open <port> <count> <ws|raw>    how many came in; medians of the µs to the greeting and to the end of the handshake
//   echo <ms>                       how many round trips of a message; median and 99th hundredth of their µs
//   flat <ms>                       bytes that arrived while every desktop wrote as fast as it could
//   pace <bytes> <per second> <ms>  bytes that arrived while every desktop wrote so many, so often; how many viewers got nine tenths of it
//   stall <ms>                      bytes written by the desktops while no viewer read any
//   close                           how many viewers there were
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST 2048
#define OPEN_WITHIN_NS 5000000000LL
#define DRAIN_WITHIN_NS 3000000000LL
#define GIVE_UP_AFTER 3
#define MOST_TRIPS 4000000

typedef struct {
  int fd, is_viewer, step, gone;
  // What the handshake waits for, and what of it is there.
  unsigned need, have;
  unsigned char said[256];
  // The frame that is read: its header, and what is left of it.
  int is_ws, upgraded, opcode;
  unsigned header_have;
  unsigned char header[10];
  uint64_t frame_left;
  long long received, came_ns, greeted_ns, opened_ns;
  // The message that is under way.
  unsigned message, echo_left;
  long long sent_ns;
} Peer;

enum { DESKTOP_OPEN = 4, VIEWER_OPEN = 7 };

static Peer desktops[MOST], viewers[MOST];
static int desktop_count, viewer_count, epoll, listener;
static long long written, received, until_ns;
static int echoing;
static unsigned trips[MOST_TRIPS];
static unsigned trip_count;
static unsigned char scratch[256 * 1024], picture[64 * 1024];

static long long now_ns(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1000000000LL + at.tv_nsec;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void watch(Peer *peer, int how, unsigned events) {
  struct epoll_event event = {.events = events, .data.ptr = peer};
  if (epoll_ctl(epoll, how, peer ? peer->fd : listener, &event) < 0) die("epoll_ctl");
}

static void start(Peer *peer, int fd, int is_viewer, unsigned need) {
  int yes = 1;
  memset(peer, 0, sizeof *peer);
  *peer = (Peer){.fd = fd, .is_viewer = is_viewer, .need = need};
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  watch(peer, EPOLL_CTL_ADD, EPOLLIN);
}

static void drop(Peer *peer) {
  if (!peer->gone) close(peer->fd);
  peer->gone = 1;
}

/** Of what is short enough for any socket. */
static void put(Peer *peer, const void *bytes, unsigned length) {
  if (write(peer->fd, bytes, length) != (ssize_t)length) drop(peer);
}

/** A client's message: a frame with a mask, or as it is. */
static void tell(Peer *peer, const void *bytes, unsigned length) {
  static const unsigned char mask[4] = {0x12, 0x34, 0x56, 0x78};
  unsigned char frame[6 + 125] = {0x82, 0x80 | length};
  if (!peer->is_ws) return put(peer, bytes, length);
  memcpy(frame + 2, mask, 4);
  for (unsigned at = 0; at < length; at++) frame[6 + at] = ((const unsigned char *)bytes)[at] ^ mask[at % 4];
  put(peer, frame, 6 + length);
}

/** What a viewer sends most, one after the other, each different from the one before. */
static void send_message(Peer *peer) {
  unsigned char pointer[6] = {5, 0, 0, peer->message % 200, 0, peer->message % 100};
  unsigned char key[8] = {4, peer->message & 1, 0, 0, 0, 0, 0, 'a'};
  unsigned char request[10] = {3, 1, 0, 0, 0, 0, 5, 0, 2, 208};
  const unsigned char *const messages[3] = {pointer, key, request};
  const unsigned lengths[3] = {sizeof pointer, sizeof key, sizeof request};
  unsigned which = peer->message++ % 3;
  peer->sent_ns = now_ns();
  peer->echo_left = lengths[which];
  tell(peer, messages[which], lengths[which]);
}

static void desktop_step(Peer *peer) {
  static const unsigned char init[24 + 5] = {5, 0, 2, 208, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0, 0, 0, 0, 5, 's', 't', 'a', 'n', 'd'};
  static const unsigned char challenge[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  switch (peer->step++) {
    case 0: put(peer, "\1\2", 2), peer->need = 1; break;
    case 1: put(peer, challenge, 16), peer->need = 16; break;
    // Any answer is right.
    case 2: put(peer, "\0\0\0\0", 4), peer->need = 1; break;
    case 3: put(peer, init, sizeof init); break;
  }
}

static void viewer_step(Peer *peer) {
  switch (peer->step++) {
    case 0: peer->greeted_ns = now_ns(), tell(peer, "RFB 003.008\n", 12), peer->need = 1; break;
    case 1: peer->need = peer->said[0]; break;
    case 2:
      tell(peer, peer->said, 1);
      peer->need = peer->said[0] == 2 ? 16 : 4;
      // "None" has no challenge.
      if (peer->said[0] == 1) peer->step++;
      break;
    case 3: tell(peer, peer->said, 16), peer->need = 4; break;
    case 4: tell(peer, "\1", 1), peer->need = 24; break;
    case 5: peer->need = peer->said[23]; break;
    case 6: peer->opened_ns = now_ns(); break;
  }
}

/** RFB bytes, whatever carried them. */
static void hear(Peer *peer, const unsigned char *bytes, size_t length) {
  const int open = peer->is_viewer ? VIEWER_OPEN : DESKTOP_OPEN;
  for (; peer->step < open && length > 0; bytes++, length--) {
    peer->said[peer->have++] = *bytes;
    if (peer->have < peer->need) continue;
    peer->have = 0;
    (peer->is_viewer ? viewer_step : desktop_step)(peer);
  }
  if (length == 0) return;
  if (!peer->is_viewer) return put(peer, bytes, length);
  peer->received += length;
  received += length;
  if (!echoing || peer->echo_left == 0) return;
  peer->echo_left -= length;
  if (peer->echo_left > 0) return;
  long long now = now_ns();
  if (trip_count < MOST_TRIPS) trips[trip_count++] = (now - peer->sent_ns) / 1000;
  if (now < until_ns) send_message(peer);
  else echoing--;
}

static void unframe(Peer *peer, const unsigned char *bytes, size_t length) {
  while (length > 0) {
    if (peer->frame_left == 0) {
      peer->header[peer->header_have++] = *bytes++;
      length--;
      unsigned code = peer->header[1] & 0x7f, size = peer->header_have < 2 ? 2 : code == 127 ? 10 : code == 126 ? 4 : 2;
      if (peer->header_have < size) continue;
      peer->frame_left = size == 2 ? code : 0;
      for (unsigned at = 2; at < size; at++) peer->frame_left = peer->frame_left << 8 | peer->header[at];
      peer->opcode = peer->header[0] & 0x0f;
      peer->header_have = 0;
      continue;
    }
    size_t part = length < peer->frame_left ? length : peer->frame_left;
    if (peer->opcode == 2) hear(peer, bytes, part);
    peer->frame_left -= part;
    bytes += part;
    length -= part;
  }
}

/** Returns how many of the bytes belong to the answer of the upgrade. */
static size_t read_upgrade(Peer *peer, const unsigned char *bytes, size_t length) {
  static const char end[] = "\r\n\r\n";
  for (size_t at = 0; at < length; at++) {
    peer->have = bytes[at] == end[peer->have] ? peer->have + 1 : bytes[at] == '\r';
    if (peer->have < 4) continue;
    peer->have = 0;
    peer->upgraded = 1;
    return at + 1;
  }
  return length;
}

static void on_readable(Peer *peer) {
  ssize_t length = read(peer->fd, scratch, sizeof scratch);
  if (length < 0 && errno == EAGAIN) return;
  if (length <= 0) return drop(peer);
  unsigned char *bytes = scratch;
  if (peer->is_ws && !peer->upgraded) {
    size_t taken = read_upgrade(peer, bytes, length);
    bytes += taken;
    length -= taken;
  }
  if (peer->is_ws) unframe(peer, bytes, length);
  else hear(peer, bytes, length);
}

static void write_picture(Peer *peer, size_t bytes) {
  if (peer->gone) return;
  ssize_t done = write(peer->fd, picture, bytes);
  if (done > 0) written += done;
  else if (errno != EAGAIN) drop(peer);
}

static void accept_desktops(void) {
  for (int fd; desktop_count < MOST && (fd = accept(listener, NULL, NULL)) >= 0;) {
    Peer *peer = &desktops[desktop_count++];
    start(peer, fd, 0, 12);
    put(peer, "RFB 003.008\n", 12);
  }
}

static void turn(int wait_ms) {
  struct epoll_event events[256];
  int count = epoll_wait(epoll, events, 256, wait_ms);
  for (int at = 0; at < count; at++) {
    Peer *peer = events[at].data.ptr;
    if (!peer) accept_desktops();
    else if (!peer->gone && events[at].events & EPOLLOUT) write_picture(peer, sizeof picture);
    if (peer && !peer->gone && events[at].events & ~EPOLLOUT) on_readable(peer);
  }
}

static void set_flat(int on) {
  for (int at = 0; at < desktop_count; at++)
    if (!desktops[at].gone) watch(&desktops[at], EPOLL_CTL_MOD, on ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

/** What was written before has to arrive before anything else is measured. */
static void drain(void) {
  for (long long end = now_ns() + DRAIN_WITHIN_NS; received < written && now_ns() < end;) turn(1);
  written = received = 0;
  for (int at = 0; at < viewer_count; at++) viewers[at].received = 0;
}

static int by_value(const void *a, const void *b) {
  unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
  return (x > y) - (x < y);
}

static unsigned at_share(unsigned *values, unsigned count, double share) {
  qsort(values, count, sizeof *values, by_value);
  return count ? values[(unsigned)(share * (count - 1))] : 0;
}

static int open_one(int port, int is_ws) {
  static const char request[] =
      "GET /websockify HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Protocol: binary\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  Peer *peer = &viewers[viewer_count];
  long long came = now_ns();
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&place, sizeof place) < 0) return close(fd), 0;
  start(peer, fd, 1, 12);
  peer->is_ws = is_ws;
  peer->came_ns = came;
  if (is_ws) put(peer, request, sizeof request - 1);
  while (!peer->gone && peer->step < VIEWER_OPEN && now_ns() < came + OPEN_WITHIN_NS) turn(1);
  if (peer->gone || peer->step < VIEWER_OPEN) return drop(peer), 0;
  viewer_count++;
  return 1;
}

static void do_open(int port, int count, int is_ws) {
  static unsigned greeted[MOST], opened[MOST];
  int came = 0, first = viewer_count;
  for (int failed = 0; came < count && viewer_count < MOST && failed < GIVE_UP_AFTER;) {
    int ok = open_one(port, is_ws);
    came += ok;
    failed = ok ? 0 : failed + 1;
  }
  for (int at = 0; at < came; at++) {
    Peer *peer = &viewers[first + at];
    greeted[at] = (peer->greeted_ns - peer->came_ns) / 1000;
    opened[at] = (peer->opened_ns - peer->came_ns) / 1000;
  }
  printf("%d %u %u\n", came, at_share(greeted, came, 0.5), at_share(opened, came, 0.5));
}

static void do_echo(int ms) {
  until_ns = now_ns() + ms * 1000000LL;
  trip_count = 0;
  echoing = viewer_count;
  for (int at = 0; at < viewer_count; at++) send_message(&viewers[at]);
  for (long long end = until_ns + DRAIN_WITHIN_NS; echoing > 0 && now_ns() < end;) turn(1);
  echoing = 0;
  unsigned median = at_share(trips, trip_count, 0.5);
  printf("%u %u %u\n", trip_count, median, at_share(trips, trip_count, 0.99));
}

static void do_flat(int ms) {
  long long end = now_ns() + ms * 1000000LL;
  set_flat(1);
  while (now_ns() < end) turn(1);
  printf("%lld\n", received);
  set_flat(0);
}

/** Each desktop at a moment of its own. */
static void do_pace(unsigned bytes, int per_second, int ms) {
  long long from = now_ns(), end = from + ms * 1000000LL, done = 0;
  double every_ns = 1e9 / ((double)per_second * desktop_count);
  for (long long now = from; now < end; now = now_ns()) {
    for (; desktop_count > 0 && from + done * every_ns <= now; done++) write_picture(&desktops[done % desktop_count], bytes);
    turn(1);
  }
  int served = 0;
  for (int at = 0; at < viewer_count; at++) served += !viewers[at].gone && viewers[at].received >= 0.9 * bytes * per_second * ms / 1000;
  printf("%lld %d\n", received, served);
}

static void do_stall(int ms) {
  long long end = now_ns() + ms * 1000000LL;
  for (int at = 0; at < viewer_count; at++) watch(&viewers[at], EPOLL_CTL_MOD, 0);
  set_flat(1);
  while (now_ns() < end) turn(1);
  set_flat(0);
  printf("%lld\n", written);
}

static void do_close(void) {
  printf("%d\n", viewer_count);
  for (int at = 0; at < viewer_count; at++) drop(&viewers[at]);
  for (int at = 0; at < desktop_count; at++) drop(&desktops[at]);
  viewer_count = desktop_count = 0;
  written = received = 0;
}

int main(void) {
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof place;
  struct rlimit files = {8192, 8192};
  char line[128], kind[8];
  int port, count, ms;
  unsigned bytes;
  signal(SIGPIPE, SIG_IGN);
  setrlimit(RLIMIT_NOFILE, &files);
  listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (bind(listener, (struct sockaddr *)&place, size) < 0 || listen(listener, 1024) < 0) die("listen");
  getsockname(listener, (struct sockaddr *)&place, &size);
  epoll = epoll_create1(0);
  watch(NULL, EPOLL_CTL_ADD, EPOLLIN);
  printf("%d\n", ntohs(place.sin_port));
  fflush(stdout);
  while (fgets(line, sizeof line, stdin)) {
    drain();
    if (sscanf(line, "open %d %d %7s", &port, &count, kind) == 3) do_open(port, count, kind[0] == 'w');
    else if (sscanf(line, "echo %d", &ms) == 1) do_echo(ms);
    else if (sscanf(line, "flat %d", &ms) == 1) do_flat(ms);
    else if (sscanf(line, "pace %u %d %d", &bytes, &count, &ms) == 3) do_pace(bytes, count, ms);
    else if (sscanf(line, "stall %d", &ms) == 1) do_stall(ms);
    else if (strncmp(line, "close", 5) == 0) do_close();
    else return fprintf(stderr, "not understood: %s", line), 1;
    fflush(stdout);
  }
}
