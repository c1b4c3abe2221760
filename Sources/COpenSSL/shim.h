// What Swift cannot import from OpenSSL: macros that call, and flags made by casts.
// One line each, no logic; the Swift that calls them is in Sources/TLS and nowhere else.
#ifndef RESGUARDO_COPENSSL_H
#define RESGUARDO_COPENSSL_H

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

// SSL_OP_* are (uint64_t)1 << n: casts are not imported. What each is for is said in TLSContext.
static const uint64_t copenssl_op_cipher_server_preference = SSL_OP_CIPHER_SERVER_PREFERENCE;
static const uint64_t copenssl_op_cleanse_plaintext = SSL_OP_CLEANSE_PLAINTEXT;
static const uint64_t copenssl_op_no_compression = SSL_OP_NO_COMPRESSION;
static const uint64_t copenssl_op_no_renegotiation = SSL_OP_NO_RENEGOTIATION;
static const uint64_t copenssl_op_no_ticket = SSL_OP_NO_TICKET;
static const uint64_t copenssl_op_prioritize_chacha = SSL_OP_PRIORITIZE_CHACHA;

// Macro over SSL_CTX_ctrl.
static inline int copenssl_ctx_set_min_proto_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_min_proto_version(context, version);
}

// Macro over SSL_CTX_ctrl.
static inline int copenssl_ctx_set_max_proto_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_max_proto_version(context, version);
}

// Macro over SSL_CTX_ctrl; the modes are unsigned literals that need the same call.
static inline void copenssl_ctx_set_modes(SSL_CTX *context) {
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
}

// Macro over SSL_CTX_ctrl.
static inline void copenssl_ctx_cache_no_sessions(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

// Macro over SSL_CTX_ctrl.
static inline int copenssl_ctx_set_groups(SSL_CTX *context, const char *list) {
    return (int)SSL_CTX_set1_groups_list(context, list);
}

// Macro over SSL_CTX_ctrl; takes the certificate over when it returns 1.
static inline int copenssl_ctx_add_chain_certificate(SSL_CTX *context, X509 *certificate) {
    return (int)SSL_CTX_add0_chain_cert(context, certificate);
}

// Macro over SSL_CTX_ctrl.
static inline void copenssl_ctx_set_max_peer_chain(SSL_CTX *context, long bytes) {
    (void)SSL_CTX_set_max_cert_list(context, bytes);
}

// Macro over BIO_set_flags.
static inline void copenssl_bio_set_retry_read(BIO *bio) {
    BIO_set_retry_read(bio);
}

#endif
