// The least program: what remains of its time is the runtime's.
int main(void) { return 0; }
