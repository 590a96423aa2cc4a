/* thread_stack.c: room for Lua on civetweb's threads.
 *
 * civetweb asks for stacks of 100 KB and offers no setting. Lua lets 200 calls
 * from C to Lua and back nest (pcall, gsub, sort), which takes up to 600 KB
 * (more under a sanitizer): a rule that calls itself through pcall would end
 * the process. The program's own function overrides the C library's. */
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

#define LEAST (4u << 20) /* address space; memory only where it is used */

int pthread_attr_setstacksize(pthread_attr_t *attr, size_t size)
{
    int (*real)(pthread_attr_t *, size_t);

    *(void **)&real = dlsym(RTLD_NEXT, "pthread_attr_setstacksize");
    return real(attr, size < LEAST ? LEAST : size);
}
