// Only the tests read what was compressed.
#include <brotli/decode.h>
