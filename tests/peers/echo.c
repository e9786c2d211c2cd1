/* A bare UDP echo: what one packet in and one packet out cost on this machine.
 * It sets the QR bit and sends the packet back, with one system call each way.
 * Usage: echo PORT */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((unsigned short)atoi(argv[1]));

    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("echo");
        return 1;
    }
    unsigned char packet[4096];
    for (;;) {
        struct sockaddr_in client;
        socklen_t client_length = sizeof client;
        ssize_t n = recvfrom(fd, packet, sizeof packet, 0, (struct sockaddr *)&client, &client_length);
        if (n < 12)
            continue;
        packet[2] |= 0x80; /* QR: this is a response (RFC 1035 §4.1.1) */
        sendto(fd, packet, (size_t)n, 0, (struct sockaddr *)&client, client_length);
    }
}
