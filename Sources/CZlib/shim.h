// deflateInit2 is a macro over deflateInit2_, which Swift calls with the same version and size; nothing else is needed.
#include <zlib.h>
