// The encoder alone: a gateway decodes nothing that it is sent.
#include <brotli/encode.h>
