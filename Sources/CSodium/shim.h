// libsodium is called as it is: every size and tag that Swift needs and that the header gives only as a compound macro
// (which Swift cannot import) also has a function, e.g. crypto_secretstream_xchacha20poly1305_tag_final(). So there is
// no shim here, only the header.
#include <sodium.h>
