"""python -m mergesweep_warm FD: serves requests on the socket FD until it closes or says `quit`."""

import os
import socket
import sys
import traceback

from mergesweep_warm.channel import CancelledError, Channel


def main() -> None:
    """Answer each request with its result or its error; no error of a request ends the process."""
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    # Libraries print: what they say belongs to the log.
    os.dup2(2, 1)
    worker = None
    while (request := channel.next_request()) is not None:
        if request["op"] == "quit":
            channel.succeed({})
            break
        try:
            if worker is None:
                # Seconds of imports: only once somebody listens to how they go.
                from mergesweep_warm.worker import WarmWorker

                worker = WarmWorker(channel)
            channel.succeed(worker.handle(request))
        except CancelledError as error:
            channel.fail(error)
        except Exception as error:  # noqa: BLE001 - the node worker classifies it
            traceback.print_exc()
            channel.fail(error)
    # Not a clean exit: threads of libraries may not want to end.
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
