package main

func bench(file string) {}
