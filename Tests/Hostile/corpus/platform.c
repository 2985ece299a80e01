// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
/* C: pthreads, semaphores, pipes, signals, timers, epoll, eventfd, shared memory, message queues, dlopen, setjmp. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static sem_t ready;
static int total;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sigjmp_buf jump;
static volatile sig_atomic_t fired;

static void *add(void *number) {
    pthread_mutex_lock(&lock);
    total += (int)(long)number;
    pthread_mutex_unlock(&lock);
    sem_post(&ready);
    return NULL;
}

static void on_fault(int number) { (void)number; siglongjmp(jump, 1); }
static void on_timer(int number) { (void)number; fired = 1; }

static void threads(void) {
    pthread_t all[64];
    sem_init(&ready, 0, 0);
    for (long i = 0; i < 64; i++) pthread_create(&all[i], NULL, add, (void *)i);
    for (int i = 0; i < 64; i++) sem_wait(&ready);
    for (int i = 0; i < 64; i++) pthread_join(all[i], NULL);
    printf("threads %d\n", total);
}

static void signals(void) {
    struct sigaction action = {.sa_handler = on_fault};
    sigaction(SIGSEGV, &action, NULL);
    void *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (sigsetjmp(jump, 1) == 0) *(volatile char *)page = 1;
    printf("fault caught\n");
    action.sa_handler = on_timer;
    sigaction(SIGALRM, &action, NULL);
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    struct itimerspec soon = {.it_value = {0, 2000000}};
    printf("timer %d\n", timer_create(CLOCK_MONOTONIC, &event, &timer));
    timer_settime(timer, 0, &soon, NULL);
    while (!fired) usleep(100);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int descriptor = signalfd(-1, &set, 0);
    kill(getpid(), SIGUSR1);
    struct signalfd_siginfo info;
    ssize_t size = read(descriptor, &info, sizeof info);
    printf("signalfd %zd %u\n", size, info.ssi_signo);
}

static void waiting(void) {
    int poll_set = epoll_create1(0), counter = eventfd(3, 0), timer = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec soon = {.it_value = {0, 1000000}};
    timerfd_settime(timer, 0, &soon, NULL);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = timer};
    epoll_ctl(poll_set, EPOLL_CTL_ADD, timer, &event);
    printf("epoll %d\n", epoll_wait(poll_set, &event, 1, 5000));
    unsigned long value;
    ssize_t size = read(counter, &value, sizeof value);
    printf("eventfd %zd %lu\n", size, value);
}

static void shared(void) {
    int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600), queue = msgget(IPC_PRIVATE, 0600);
    int set = semget(IPC_PRIVATE, 1, 0600);
    char *memory = shmat(id, NULL, 0);
    if (fork() == 0) {
        strcpy(memory, "from the child");
        struct { long type; char text[8]; } message = {1, "message"};
        struct sembuf up = {0, 1, 0};
        msgsnd(queue, &message, 8, 0);
        semop(set, &up, 1);
        _exit(0);
    }
    struct { long type; char text[8]; } message;
    struct sembuf down = {0, -1, 0};
    semop(set, &down, 1);
    ssize_t size = msgrcv(queue, &message, 8, 0, 0);
    printf("message %zd %s\n", size, message.text);
    wait(NULL);
    printf("memory %s\n", memory);
    shmctl(id, IPC_RMID, NULL);
    msgctl(queue, IPC_RMID, NULL);
    semctl(set, 0, IPC_RMID);
    int posix = shm_open("/corpus", O_CREAT | O_RDWR, 0600);
    printf("shm_open %d\n", posix >= 0 && ftruncate(posix, 4096) == 0 && shm_unlink("/corpus") == 0);
    struct mq_attr attributes = {.mq_maxmsg = 4, .mq_msgsize = 64};
    mqd_t named = mq_open("/corpus", O_CREAT | O_RDWR, 0600, &attributes);
    char text[64];
    mq_send(named, "posix", 6, 0);
    size = mq_receive(named, text, sizeof text, NULL);
    printf("mq %zd %s\n", size, text);
    mq_unlink("/corpus");
}

static void programs(void) {
    char *const words[] = {"sh", "-c", "exit 9", NULL};
    pid_t child;
    int status;
    printf("spawn %d\n", posix_spawn(&child, "/bin/sh", NULL, NULL, words, NULL));
    waitpid(child, &status, 0);
    printf("status %d\n", WEXITSTATUS(status));
    FILE *pipe = popen("echo popen", "r");
    char line[32];
    if (fgets(line, sizeof line, pipe)) printf("%s", line);
    printf("pclose %d\n", pclose(pipe));
    if (vfork() == 0) _exit(0);
    wait(NULL);
    void *library = dlopen("libm.so.6", RTLD_NOW);
    double (*cosine)(double) = (double (*)(double))dlsym(library, "cos");
    printf("dlopen %.1f\n", cosine(0));
}

int main(void) {
    setvbuf(stdout, NULL, _IONBF, 0);
    threads();
    signals();
    waiting();
    shared();
    programs();
    struct timespec now;
    struct rusage usage;
    struct rlimit limit = {64, 64};
    printf("clock %d usage %d limit %d\n", clock_gettime(CLOCK_REALTIME, &now), getrusage(RUSAGE_SELF, &usage),
           setrlimit(RLIMIT_NOFILE, &limit));
    return 0;
}
