/* The limits that libsodium and SQLite set on this machine, measured without any of Resguardo's code.
 * Prints one JSON object: operations per CPU-second of this process. */
#define _GNU_SOURCE
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { TIP = 17640, ROW = 4096, BATCH = 64, MESSAGE = 65536, MIB = 64 };

static double cpu_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double seals_per_cpu_second(void)
{
    static unsigned char tip[TIP], out[TIP + crypto_secretstream_xchacha20poly1305_ABYTES];
    unsigned char pk[crypto_box_PUBLICKEYBYTES], sk[crypto_box_SECRETKEYBYTES], key[32];
    unsigned char header[crypto_secretstream_xchacha20poly1305_HEADERBYTES], wrap[40 + crypto_box_SEALBYTES];
    crypto_secretstream_xchacha20poly1305_state state;
    crypto_box_keypair(pk, sk);
    randombytes_buf(tip, sizeof tip);
    double start = cpu_seconds();
    long n = 0;
    while (cpu_seconds() - start < 1.5) {
        for (int i = 0; i < 100; i++, n++) {
            randombytes_buf(key, sizeof key);
            crypto_box_seal(wrap, key, sizeof key, pk);
            crypto_secretstream_xchacha20poly1305_init_push(&state, header, key);
            crypto_secretstream_xchacha20poly1305_push(&state, out, NULL, tip, sizeof tip, NULL, 0,
                crypto_secretstream_xchacha20poly1305_TAG_FINAL);
        }
    }
    return n / (cpu_seconds() - start);
}

static double pull_mib_per_cpu_second(void)
{
    static unsigned char message[MESSAGE], sealed[MESSAGE + crypto_secretstream_xchacha20poly1305_ABYTES];
    unsigned char key[32], header[crypto_secretstream_xchacha20poly1305_HEADERBYTES], tag;
    crypto_secretstream_xchacha20poly1305_state push, pull;
    unsigned long long length;
    double spent = 0;
    randombytes_buf(key, sizeof key);
    crypto_secretstream_xchacha20poly1305_init_push(&push, header, key);
    crypto_secretstream_xchacha20poly1305_init_pull(&pull, header, key);
    for (int i = 0; i < MIB * 16; i++) {
        crypto_secretstream_xchacha20poly1305_push(&push, sealed, &length, message, sizeof message, NULL, 0, 0);
        double start = cpu_seconds();
        if (crypto_secretstream_xchacha20poly1305_pull(&pull, message, NULL, &tag, sealed, length, NULL, 0)) exit(1);
        spent += cpu_seconds() - start;
    }
    return MIB / spent;
}

static void run(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
        exit(1);
    }
}

/* Rows of `length` bytes, BATCH a transaction, each transaction synced. */
static double rows_per_cpu_second(const char *path, int length)
{
    static unsigned char row[TIP];
    sqlite3 *db;
    sqlite3_stmt *insert;
    if (sqlite3_open(path, &db)) exit(1);
    run(db, "PRAGMA journal_mode=WAL");
    run(db, "PRAGMA synchronous=FULL");
    run(db, "CREATE TABLE IF NOT EXISTS entry(id INTEGER PRIMARY KEY, body BLOB NOT NULL)");
    if (sqlite3_prepare_v2(db, "INSERT INTO entry(body) VALUES (?)", -1, &insert, NULL)) exit(1);
    double start = cpu_seconds();
    long n = 0;
    while (cpu_seconds() - start < 1.5) {
        run(db, "BEGIN IMMEDIATE");
        for (int i = 0; i < BATCH; i++, n++) {
            randombytes_buf(row, 16);
            sqlite3_bind_blob(insert, 1, row, length, SQLITE_STATIC);
            if (sqlite3_step(insert) != SQLITE_DONE) exit(1);
            sqlite3_reset(insert);
        }
        run(db, "COMMIT");
    }
    double rate = n / (cpu_seconds() - start);
    sqlite3_finalize(insert);
    sqlite3_close(db);
    return rate;
}

int main(int argc, char **argv)
{
    if (argc != 2 || sodium_init() < 0) return 64;
    printf("{\"seals_per_cpu_s\": %.0f, \"rows_4k_per_cpu_s\": %.0f, \"rows_tip_per_cpu_s\": %.0f, "
        "\"pull_mib_per_cpu_s\": %.1f}\n",
        seals_per_cpu_second(), rows_per_cpu_second(argv[1], ROW), rows_per_cpu_second(argv[1], TIP),
        pull_mib_per_cpu_second());
    return 0;
}
