/**
 * Small programs, one idea each. Every one brings its own server on the loopback interface, prints
 * what happens, and ends by itself.
 */
package io.connpool.programs;
