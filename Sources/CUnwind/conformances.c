#include "CUnwind.h"

// Which protocols a type conforms to, Swift's runtime looks up in one list of the whole program, from end to end for each pair of
// type and protocol that it is asked for first. In brig that is some 11,500 entries, and a command asks a hundred times: half of
// all that `brig ps` did. Here the list is put in order by protocol when the first question comes, and the runtime is told of a
// protocol's entries when it is asked for that protocol: the way in which it learns of a library that is loaded later.
//
// The linker leads the runtime's own calls here (--wrap in the Makefile); without that, and in programs for debugging, nobody calls
// any of this. Layouts: docs/ABI/TypeMetadata.rst of Swift, "Protocol Conformance Records", unchanged since 5.0.
#ifndef DEBUG
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define MOST_RECORDS 32768
#define MOST_PROTOCOLS 2048

/// An entry: how far it is from its own place to the description of a conformance, which begins with how far it is from there to
/// the protocol, or, where the lowest bit is set, to a place that has the protocol's address.
typedef int32_t record;

struct group {
  const void *protocol;
  uint32_t start, count;
  _Atomic(int) is_known;
};

void swift_registerProtocolConformances(const record *begin, const record *end) __attribute__((weak));
void __real__ZN5swift40addImageProtocolConformanceBlockCallbackEPKvS1_m(const void *, const void *, uintptr_t)
    __attribute__((weak));
const void *__real_swift_conformsToProtocol(const void *, const void *) __attribute__((weak));
const void *__real_swift_conformsToProtocol2(const void *, const void *) __attribute__((weak));
const void *__real_swift_conformsToProtocolCommon(const void *, const void *) __attribute__((weak));
const void *__real_swift_conformsToProtocolWithExecutionContext(const void *, const void *, void *) __attribute__((weak));
const void *__real__ZN5swift36_searchConformancesByMangledTypeNameEPNS_8Demangle9__runtime4NodeE(void *)
    __attribute__((weak));

static const record *image;
static size_t image_count;
static record ordered[MOST_RECORDS];
static struct group groups[MOST_PROTOCOLS];  // found by the address, open addressing
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const char *conformance(const record *entry) { return (const char *)entry + *entry; }

static const void *protocol_of(const char *conformance) {
  int32_t distance = *(const int32_t *)conformance;
  const char *place = conformance + (distance & ~1);
  return distance & 1 ? *(const void *const *)place : place;
}

/// The protocol's group, or a free place for one; `NULL` if there is neither.
static struct group *group_of(const void *protocol) {
  uint64_t hash = (uint64_t)(uintptr_t)protocol * 0x9e3779b97f4a7c15u;
  for (uint32_t step = 0, at = hash >> 53; step < MOST_PROTOCOLS; step++, at = (at + 1) % MOST_PROTOCOLS)
    if (groups[at].protocol == protocol || !groups[at].protocol) return &groups[at];
  return NULL;
}

/// Too many for the tables, or a protocol that is not in this program: all at once, as ever.
static void tell_all(void) {
  swift_registerProtocolConformances(image, image + image_count);
  image_count = 0;
}

static void put_in_order(void) {
  if (!image_count) return;
  if (image_count > MOST_RECORDS) return tell_all();
  for (size_t i = 0; i < image_count; i++) {
    const void *protocol = protocol_of(conformance(&image[i]));
    struct group *group = protocol ? group_of(protocol) : NULL;
    if (!group) return tell_all();
    group->protocol = protocol;
    group->count++;
  }
  uint32_t start = 0;
  for (size_t i = 0; i < MOST_PROTOCOLS; i++) {
    groups[i].start = start;
    start += groups[i].count;
    groups[i].count = 0;
  }
  for (size_t i = 0; i < image_count; i++) {
    const char *target = conformance(&image[i]);
    struct group *group = group_of(protocol_of(target));
    record *place = &ordered[group->start + group->count++];
    *place = (record)(target - (const char *)place);
  }
}

static void tell(struct group *group) {
  if (atomic_load_explicit(&group->is_known, memory_order_acquire)) return;
  pthread_mutex_lock(&lock);
  if (!atomic_load_explicit(&group->is_known, memory_order_relaxed)) {
    swift_registerProtocolConformances(ordered + group->start, ordered + group->start + group->count);
    atomic_store_explicit(&group->is_known, 1, memory_order_release);
  }
  pthread_mutex_unlock(&lock);
}

static void prepare(const void *protocol) {
  pthread_once(&once, put_in_order);
  if (!image_count || !protocol) return;
  struct group *group = group_of(protocol);
  if (group && group->count) tell(group);
}

/// What a static program's own list is handed to at its start. There is one; others would be told of at once.
void __wrap__ZN5swift40addImageProtocolConformanceBlockCallbackEPKvS1_m(
    const void *base, const void *start, uintptr_t length) {
  if (image) {
    __real__ZN5swift40addImageProtocolConformanceBlockCallbackEPKvS1_m(base, start, length);
    return;
  }
  image = start;
  image_count = length / sizeof(record);
}

const void *__wrap_swift_conformsToProtocol(const void *type, const void *protocol) {
  prepare(protocol);
  return __real_swift_conformsToProtocol(type, protocol);
}

const void *__wrap_swift_conformsToProtocol2(const void *type, const void *protocol) {
  prepare(protocol);
  return __real_swift_conformsToProtocol2(type, protocol);
}

const void *__wrap_swift_conformsToProtocolCommon(const void *type, const void *protocol) {
  prepare(protocol);
  return __real_swift_conformsToProtocolCommon(type, protocol);
}

const void *__wrap_swift_conformsToProtocolWithExecutionContext(const void *type, const void *protocol, void *context) {
  prepare(protocol);
  return __real_swift_conformsToProtocolWithExecutionContext(type, protocol, context);
}

/// Looks for a type by its name among all entries, whatever their protocol.
const void *__wrap__ZN5swift36_searchConformancesByMangledTypeNameEPNS_8Demangle9__runtime4NodeE(void *name) {
  pthread_once(&once, put_in_order);
  if (image_count)
    for (size_t i = 0; i < MOST_PROTOCOLS; i++)
      if (groups[i].count) tell(&groups[i]);
  return __real__ZN5swift36_searchConformancesByMangledTypeNameEPNS_8Demangle9__runtime4NodeE(name);
}

#endif
