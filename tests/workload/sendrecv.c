// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * sendrecv [N [SIZE]]: sends N datagrams (default 10) of SIZE bytes (default 64),
 * each "skep" and then zeros, from 127.0.0.1 to a socket of its own at port 5353
 * + 20000, and receives them.
 */
#include "truth.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char buf[65536] = "skep";
	long n = count_argument(argc > 1 ? argv[1] : NULL, 10), received = 0;
	long size = count_argument(argc > 2 ? argv[2] : NULL, 64);
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(25353),
				 .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int in = socket(AF_INET, SOCK_DGRAM, 0), out = socket(AF_INET, SOCK_DGRAM, 0);

	if (size > 60000 || bind(in, (void *)&to, sizeof(to)) ||
	    connect(out, (void *)&to, sizeof(to))) {
		perror("sendrecv");
		return 2;
	}
	for (long k = 0; k < n; k++) {
		if (send(out, buf, size, 0) != size)
			return 2;
		received += recv(in, buf, sizeof(buf), 0);
	}
	truth("sent %ld\nreceived_bytes %ld\n", n, received);
	return received == n * size ? 0 : 2;
}
