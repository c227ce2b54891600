export interface TransportEvents {
    opened(): void;
    message(text: string): void;
    closed(code: number, reason: string): void;
}
/** What a session's actions need of a socket. */
export interface Transport {
    send(text: string): void;
    /** No event is reported after this. */
    close(code: number, reason: string): void;
}
export declare class WebSocketTransport implements Transport {
    #private;
    constructor(url: string, events: TransportEvents);
    send(text: string): void;
    close(code: number, reason: string): void;
}
